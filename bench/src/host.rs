//! CPU steal: processor time that the host of a virtual machine gives to other machines.
//!
//! While time is stolen, no program here runs, whatever its priority.

use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Measures CPU steal since its creation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StealTime {
    since: Instant,
    ticks: u64,
}

impl StealTime {
    pub(crate) fn since_now() -> Self {
        Self {
            since: Instant::now(),
            ticks: steal_ticks(),
        }
    }

    /// Returns the stolen share of the time of all cores. An idle core counts as not stolen from.
    pub(crate) fn share(&self) -> f64 {
        let cores = thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
        let passed = self.since.elapsed().as_secs_f64() * TICKS_PER_SECOND * cores;
        steal_ticks().saturating_sub(self.ticks) as f64 / passed
    }
}

/// Waits until there is almost no CPU steal. Returns at once if the whole run has waited for
/// [`MAX_WAIT`] already.
pub(crate) async fn wait_until_quiet() {
    while waited() < MAX_WAIT {
        let steal = StealTime::since_now();
        let late_wakes = tokio::task::spawn_blocking(late_wakes).await;
        let few_wakes_late = late_wakes.is_ok_and(|count| count <= QUIET_LATE_WAKES);
        if steal.share() <= QUIET_SHARE && few_wakes_late {
            return;
        }
        let passed = steal.since.elapsed().as_millis();
        WAITED_MS.fetch_add(passed as u64, Ordering::Relaxed);
    }
}

/// Returns how long the run has waited for a quiet host.
pub(crate) fn waited() -> Duration {
    Duration::from_millis(WAITED_MS.load(Ordering::Relaxed))
}

/// Counts, for half a second, how often a sleep of 1 ms takes more than 3 ms.
#[expect(
    clippy::disallowed_methods,
    reason = "this measures how late a sleeping thread wakes"
)]
fn late_wakes() -> u32 {
    let end = Instant::now() + Duration::from_millis(500);
    let mut late = 0;
    loop {
        let started = Instant::now();
        if started >= end {
            return late;
        }
        thread::sleep(Duration::from_millis(1));
        if started.elapsed() > Duration::from_millis(3) {
            late += 1;
        }
    }
}

/// Returns the steal ticks of all cores; 0 if the system does not report them.
fn steal_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/stat").ok();
    stat.and_then(|stat| steal(&stat)).unwrap_or(0)
}

/// Parses the eighth number of the first line, which sums up all cores
/// (<https://man7.org/linux/man-pages/man5/proc_stat.5.html>).
fn steal(stat: &str) -> Option<u64> {
    let all_cores = stat.lines().next()?.strip_prefix("cpu ")?;
    all_cores.split_whitespace().nth(7)?.parse().ok()
}

static WAITED_MS: AtomicU64 = AtomicU64::new(0);

/// Limit for a whole run, so that a busy host does not make it much longer.
const MAX_WAIT: Duration = Duration::from_secs(150);

/// One tick of two cores in half a second.
const QUIET_SHARE: f64 = 0.011;

/// Out of about 400 sleeps.
const QUIET_LATE_WAKES: u32 = 1;

/// Linux counts processor time in units of 1/100 s on all common machines.
pub(crate) const TICKS_PER_SECOND: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steal_is_parsed_from_proc_stat() {
        let stat = "cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(steal(stat), Some(80));
        assert_eq!(steal("intr 1 2 3 4 5 6 7 8 9\n"), None);
        assert_eq!(steal(""), None);
    }
}
