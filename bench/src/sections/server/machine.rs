//! The cores in use, and readings of their processor time.

use std::{fs, io};

use anyhow::Context as _;

/// One core for the server, and one for its clients and its upstream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cores {
    pub(super) server: usize,
    pub(super) load: usize,
}

impl Cores {
    /// Returns the first two cores that this process may use.
    pub(super) fn of_this_process() -> anyhow::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")
            .context("this section needs Linux, for /proc")?;
        let list = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
            .context("/proc/self/status lists no cores")?;
        let mut cores = cores(list.trim());
        match (cores.next(), cores.next()) {
            (Some(server), Some(load)) => Ok(Self { server, load }),
            _ => anyhow::bail!("this section needs two cores, and there is only one"),
        }
    }
}

/// Parses a list of cores: `0-2,5` is 0, 1, 2, 5.
fn cores(list: &str) -> impl Iterator<Item = usize> {
    list.split(',')
        .filter_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some(first.parse().ok()?..=last.parse().ok()?)
        })
        .flatten()
}

/// Returns the ticks of a core that programs used, and those of CPU steal.
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

/// Processor time of a process, in ticks.
#[derive(Clone, Copy, Debug)]
pub(in crate::sections) struct ProcessTicks {
    /// Of the process, without children.
    pub(in crate::sections) own: u64,
    /// The part of `own` in the kernel.
    pub(super) system: u64,
    /// Of children that have ended.
    pub(in crate::sections) ended: u64,
}

pub(in crate::sections) fn process_ticks(process: u32) -> io::Result<ProcessTicks> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is a name in parentheses, which may contain any characters.
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

/// Returns a figure of a process's memory in KiB: `VmRSS:` of `status`, or `Pss:` of
/// `smaps_rollup`.
pub(in crate::sections) fn memory_kib(process: u32, file: &str, key: &str) -> anyhow::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/{file}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("/proc has no {key} for process {process}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores_are_parsed() {
        for (list, expected) in [
            ("0-1", vec![0, 1]),
            ("3", vec![3]),
            ("0-2,5,7-8", vec![0, 1, 2, 5, 7, 8]),
        ] {
            assert_eq!(cores(list).collect::<Vec<_>>(), expected, "{list}");
        }
    }
}
