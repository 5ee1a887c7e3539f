//! Which cores are used, and who used them.

use std::{fs, io};

use anyhow::Context as _;

/// One core for the server, one for everything that calls it or is called by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cores {
    pub(super) server: usize,
    pub(super) load: usize,
}

impl Cores {
    /// The first two that this process may use.
    pub(super) fn of_this_process() -> anyhow::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")
            .context("The server is measured on Linux, which has /proc")?;
        let list = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
            .context("/proc/self/status names no cores")?;
        let mut cores = cores(list.trim());
        match (cores.next(), cores.next()) {
            (Some(server), Some(load)) => Ok(Self { server, load }),
            _ => anyhow::bail!("The server is measured on two cores, and here is but one."),
        }
    }
}

/// `0-2,5` is 0, 1, 2, 5.
fn cores(list: &str) -> impl Iterator<Item = usize> {
    list.split(',')
        .filter_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some(first.parse().ok()?..=last.parse().ok()?)
        })
        .flatten()
}

/// Ticks of one core that went to programs, or were withheld from this machine by its host.
pub(super) fn busy_ticks(core: usize) -> io::Result<u64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let name = format!("cpu{core}");
    let line = stat
        .lines()
        .find(|line| line.split(' ').next() == Some(&name));
    let fields: Vec<u64> = line.map_or_else(Vec::new, |line| {
        line.split_whitespace()
            .skip(1)
            .map_while(|field| field.parse().ok())
            .collect()
    });
    // user, nice, system, and steal (https://man7.org/linux/man-pages/man5/proc_stat.5.html)
    Ok([0, 1, 2, 7].iter().filter_map(|&at| fields.get(at)).sum())
}

/// Ticks of one process.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessTicks {
    /// That it used itself.
    pub(super) own: u64,
    /// Those of them that the system used on its behalf.
    pub(super) system: u64,
    /// Those of its children that have ended.
    pub(super) ended: u64,
}

pub(super) fn process_ticks(process: u32) -> io::Result<ProcessTicks> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // Its second field is a name in brackets, which may hold anything.
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let fields: Vec<u64> = rest
        .split(' ')
        .map(|field| field.parse().unwrap_or_default())
        .collect();
    let sum = |range: std::ops::Range<usize>| fields.get(range).map_or(0, |it| it.iter().sum());
    // utime and stime are its 14th and 15th fields, cutime and cstime the next two.
    Ok(ProcessTicks {
        own: sum(11..13),
        system: sum(12..13),
        ended: sum(13..15),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_cores_is_read_as_the_kernel_writes_it() {
        for (list, expected) in [
            ("0-1", vec![0, 1]),
            ("3", vec![3]),
            ("0-2,5,7-8", vec![0, 1, 2, 5, 7, 8]),
        ] {
            assert_eq!(cores(list).collect::<Vec<_>>(), expected, "{list}");
        }
    }
}
