//! What the host of this machine withholds from it: on a shared host there are moments in which
//! nothing here runs, whatever its priority, and no program can answer in them.

use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// A moment from which on the withheld time is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Withheld {
    at: Instant,
    ticks: u64,
}

impl Withheld {
    pub(crate) fn since_now() -> Self {
        Self {
            at: Instant::now(),
            ticks: withheld_ticks(),
        }
    }

    /// Of the time of all cores together. A core that wants nothing is denied nothing.
    pub(crate) fn share(&self) -> f64 {
        let cores = thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
        let passed = self.at.elapsed().as_secs_f64() * TICKS_PER_SECOND * cores;
        withheld_ticks().saturating_sub(self.ticks) as f64 / passed
    }
}

/// Waits until the host leaves this machine alone; not at all once the run has waited for
/// [`PATIENCE`] altogether.
pub(crate) async fn calm() {
    while waited() < PATIENCE {
        let before = Withheld::since_now();
        let watched = tokio::task::spawn_blocking(late_wakes).await;
        if before.share() <= CALM_SHARE && watched.is_ok_and(|late| late <= CALM_WAKES) {
            return;
        }
        let passed = before.at.elapsed().as_millis();
        WAITED_MS.fetch_add(passed as u64, Ordering::Relaxed);
    }
}

/// For how long the run has waited.
pub(crate) fn waited() -> Duration {
    Duration::from_millis(WAITED_MS.load(Ordering::Relaxed))
}

/// How often, in half a second, a thread that sleeps for a millisecond is late by two.
#[expect(
    clippy::disallowed_methods,
    reason = "how late a sleeper wakes is what is looked at"
)]
fn late_wakes() -> u32 {
    let end = Instant::now() + Duration::from_millis(500);
    let mut late = 0;
    loop {
        let asleep = Instant::now();
        if asleep >= end {
            return late;
        }
        thread::sleep(Duration::from_millis(1));
        if asleep.elapsed() > Duration::from_millis(3) {
            late += 1;
        }
    }
}

/// Of all cores; none where the system does not tell.
fn withheld_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/stat").ok();
    stat.and_then(|stat| steal(&stat)).unwrap_or(0)
}

/// The eighth number of the first line, which is of all cores
/// (<https://man7.org/linux/man-pages/man5/proc_stat.5.html>).
fn steal(stat: &str) -> Option<u64> {
    let all_cores = stat.lines().next()?.strip_prefix("cpu ")?;
    all_cores.split_whitespace().nth(7)?.parse().ok()
}

static WAITED_MS: AtomicU64 = AtomicU64::new(0);

/// Of a whole run, which should not take much longer for a host that never rests.
const PATIENCE: Duration = Duration::from_secs(150);

/// One tick of two cores in half a second.
const CALM_SHARE: f64 = 0.011;

/// Of some four hundred.
const CALM_WAKES: u32 = 1;

/// Linux counts processor time in hundredths of a second on every common machine.
pub(crate) const TICKS_PER_SECOND: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn withheld_time_is_read_as_the_kernel_writes_it() {
        let stat = "cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(steal(stat), Some(80));
        assert_eq!(steal("intr 1 2 3 4 5 6 7 8 9\n"), None);
        assert_eq!(steal(""), None);
    }
}
