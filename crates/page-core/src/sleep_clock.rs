//! A monotonic clock that counts the time for which the machine slept.

/// Adds the machine's sleep to a monotonic clock.
///
/// `performance.now()` stops during sleep on some systems, and continues on others:
/// <https://www.w3.org/TR/hr-time-3/#sec-monotonic-clock>. The wall clock always continues, but
/// people and time servers set it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SleepClock {
    last: Option<Reading>,
    /// Milliseconds of sleep so far.
    slept_ms: f64,
}

/// Both clocks at the same time, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Reading {
    monotonic_ms: f64,
    wall_ms: f64,
}

impl SleepClock {
    /// Returns the time, given `performance.now()` and `Date.now()`. It never goes back.
    ///
    /// Call it at least as often as something must notice sleep: what the wall clock has advanced
    /// more since the last call counts as sleep if it is more than [`MIN_SLEEP_MS`].
    pub fn read(&mut self, monotonic_ms: f64, wall_ms: f64) -> f64 {
        let now = Reading {
            monotonic_ms,
            wall_ms,
        };
        if let Some(last) = self.last.replace(now) {
            let excess = (wall_ms - last.wall_ms) - (monotonic_ms - last.monotonic_ms);
            if excess > MIN_SLEEP_MS {
                self.slept_ms += excess;
            }
        }
        monotonic_ms + self.slept_ms
    }
}

/// The shortest sleep that is noticed, in milliseconds. It is longer than the corrections that a
/// time server makes at once, and a shorter sleep only delays the audio.
pub const MIN_SLEEP_MS: f64 = 5_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: f64 = 1_700_000_000_000.0;

    /// Returns what a clock reads at each pair of times since its first reading.
    fn read(steps: &[(f64, f64)]) -> Vec<f64> {
        let mut clock = SleepClock::default();
        let first = clock.read(100.0, WALL);
        let reads = steps
            .iter()
            .map(|(monotonic, wall)| clock.read(100.0 + monotonic, WALL + wall) - first);
        reads.collect()
    }

    #[test]
    fn without_sleep_it_is_the_monotonic_clock() {
        assert_eq!(read(&[(25.0, 24.0), (50.0, 51.0)]), [25.0, 50.0]);
    }

    #[test]
    fn a_sleep_that_the_monotonic_clock_left_out_is_added_once() {
        let hour = 3_600_000.0;
        assert_eq!(
            read(&[(25.0, 25.0), (30.0, hour + 30.0), (55.0, hour + 55.0)]),
            [25.0, hour + 30.0, hour + 55.0]
        );
    }

    #[test]
    fn two_sleeps_add_up() {
        assert_eq!(
            read(&[(10.0, 6_010.0), (20.0, 13_020.0)]),
            [6_010.0, 13_020.0]
        );
    }

    #[test]
    fn a_sleep_that_the_monotonic_clock_counts_is_not_added() {
        let hour = 3_600_000.0;
        assert_eq!(read(&[(hour, hour)]), [hour]);
    }

    #[test]
    fn small_corrections_of_the_wall_clock_do_not_count_however_many_there_are() {
        let steps: Vec<_> = (1..=100)
            .map(|step| (f64::from(step), f64::from(step) * 4_900.0))
            .collect();
        let expected: Vec<_> = (1..=100).map(f64::from).collect();
        assert_eq!(read(&steps), expected);
    }

    #[test]
    fn a_wall_clock_that_is_set_back_changes_nothing() {
        let hour = 3_600_000.0;
        assert_eq!(read(&[(10.0, -hour), (20.0, 10.0 - hour)]), [10.0, 20.0]);
    }
}
