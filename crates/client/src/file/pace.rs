//! How fast a file is played.

use std::time::Duration;

/// How fast the audio of a file is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pace {
    /// As a microphone would: a second of audio each second. The service requires it.
    #[default]
    RealTime,
    /// This many times faster, for a service that accepts it: at least 0.01. A factor that is not
    /// a positive number is [`RealTime`](Self::RealTime). Above 1.25, audio is dropped as for
    /// [`Unpaced`](Self::Unpaced).
    Times(f32),
    /// As fast as the recording takes it. The service has audio at most 1.25 times faster than it
    /// was spoken, and half an hour of it waits: what comes before that is dropped, and the
    /// transcript has a gap there.
    Unpaced,
}

impl Pace {
    /// Returns the seconds of audio for each second; `None` without a limit.
    fn speed(self) -> Option<f64> {
        match self {
            Self::RealTime => Some(1.0),
            Self::Times(factor) if factor.is_finite() && factor > 0.0 => {
                Some(f64::from(factor).max(MIN_SPEED))
            }
            Self::Times(_) => Some(1.0),
            Self::Unpaced => None,
        }
    }
}

/// Decides when each block is due. Times are counted from an origin that the caller chooses.
///
/// The schedule is absolute, so that delays of single blocks don't add up. After a stall longer
/// than the limit of catching up, the rest of the delay is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    speed: Option<f64>,
    catch_up: Duration,
    next: Duration,
}

impl Schedule {
    /// A schedule for a file. Its first block is due at `now`.
    pub(super) fn for_file(pace: Pace, now: Duration) -> Self {
        Self {
            speed: pace.speed(),
            catch_up: FILE_CATCH_UP,
            next: now,
        }
    }

    /// A schedule for a pipe. What the pipe has gathered before `now` is due at once.
    pub(super) fn for_pipe(pace: Pace, now: Duration) -> Self {
        Self {
            speed: pace.speed().map(|speed| speed * PIPE_SPEED),
            catch_up: PIPE_CATCH_UP,
            next: now.saturating_sub(PIPE_CATCH_UP),
        }
    }

    /// Returns when the next block is due, which is `length` of audio.
    pub(super) fn due(&mut self, now: Duration, length: Duration) -> Duration {
        let Some(speed) = self.speed else {
            return now;
        };
        let due = self.next.max(now.saturating_sub(self.catch_up));
        self.next = due + length.div_f64(speed);
        due
    }
}

/// The slowest speed. The wait for a block has a limit.
const MIN_SPEED: f64 = 0.01;
/// The longest delay of a file that is made up by sending faster. The service allows short bursts
/// only.
const FILE_CATCH_UP: Duration = Duration::from_millis(500);
/// The same for a pipe. A program that records into a pipe has gone on in the meantime. A pipe of
/// Linux holds 64 kB: 2 s at 16 kHz.
const PIPE_CATCH_UP: Duration = Duration::from_secs(2);
/// A pipe may be this much faster than our clock, so that a sound card with a fast clock never
/// fills it: the clocks of sound cards deviate by up to some 100 ppm.
const PIPE_SPEED: f64 = 1.001;

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Duration = Duration::from_millis(100);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn blocks_are_due_every_hundred_milliseconds_without_drift() {
        let mut schedule = Schedule::for_file(Pace::RealTime, ms(7));
        for block in 0..36_000 {
            // Each block is late by up to 90 ms.
            let now = ms(7 + 100 * block + block % 90);
            assert_eq!(schedule.due(now, BLOCK), ms(7 + 100 * block));
        }
    }

    #[test]
    fn after_a_stall_only_half_a_second_is_made_up() {
        let mut schedule = Schedule::for_file(Pace::RealTime, ms(0));
        schedule.due(ms(0), BLOCK);
        let now = ms(10_000);
        let at_once = (0..20)
            .take_while(|_| schedule.due(now, BLOCK) <= now)
            .count();
        assert_eq!(at_once, 6);
    }

    #[test]
    fn a_factor_shortens_the_waits() {
        let mut schedule = Schedule::for_file(Pace::Times(4.0), ms(0));
        let due: Vec<_> = (0..3).map(|_| schedule.due(ms(0), BLOCK)).collect();
        assert_eq!(due, [ms(0), ms(25), ms(50)]);
    }

    #[test]
    fn a_factor_that_makes_no_sense_is_real_time() {
        for factor in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            let mut schedule = Schedule::for_file(Pace::Times(factor), ms(0));
            schedule.due(ms(0), BLOCK);
            assert_eq!(schedule.due(ms(0), BLOCK), ms(100), "{factor}");
        }
    }

    #[test]
    fn a_tiny_factor_has_a_limit() {
        for mut schedule in [
            Schedule::for_file(Pace::Times(1e-30), ms(0)),
            Schedule::for_file(Pace::Times(f32::MIN_POSITIVE), ms(0)),
        ] {
            schedule.due(ms(0), BLOCK);
            assert_eq!(schedule.due(ms(0), BLOCK), ms(10_000));
        }
    }

    #[test]
    fn without_pace_each_block_is_due_at_once() {
        let mut schedule = Schedule::for_file(Pace::Unpaced, ms(0));
        for _ in 0..100 {
            assert_eq!(schedule.due(ms(3), BLOCK), ms(3));
        }
    }

    #[test]
    fn what_a_pipe_has_gathered_is_due_at_once_and_the_rest_in_real_time() {
        let mut schedule = Schedule::for_pipe(Pace::RealTime, ms(5_000));
        let at_once = (0..100)
            .take_while(|_| schedule.due(ms(5_000), BLOCK) <= ms(5_000))
            .count();
        assert_eq!(at_once, 21);
        let due = schedule.due(ms(5_000), BLOCK);
        assert!(ms(5_190) < due && due < ms(5_200), "{due:?}");
    }

    #[test]
    fn a_sound_card_with_a_fast_clock_never_waits() {
        let mut schedule = Schedule::for_pipe(Pace::RealTime, ms(0));
        // Ten hours, 300 ppm faster than our clock.
        for block in 0..360_000_u64 {
            let now = Duration::from_micros(2_000_000 + block * 99_970);
            assert!(schedule.due(now, BLOCK) <= now, "block {block}");
        }
    }
}
