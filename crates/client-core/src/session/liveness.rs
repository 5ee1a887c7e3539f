//! Whether an open session still answers.

use std::time::Duration;

use super::upload::{Sent, audio, duration};

/// Interval of the checks of an open session.
pub const LIVENESS_INTERVAL: Duration = Duration::from_secs(1);

/// Length of speech without any message from the service after which the session counts as deaf.
/// The service sends a partial about every 1.2 s while a person speaks. The first one comes after 1
/// s.
pub const DEAF_AFTER: Duration = Duration::from_secs(10);

/// The same limit on a slow network, whose hidden buffers may hold 8 s of audio (256 kB).
pub const SLOW_DEAF_AFTER: Duration = Duration::from_secs(30);

/// Number of checks without any message after which a session that sends heartbeats counts as dead.
/// They come every 5 s.
pub const HEARTBEAT_CHECKS: u32 = 12;

/// Number of checks during which no byte leaves the socket after which the connection counts as
/// dead. TCP's wait between two retransmissions grows to this length within four losses.
pub const STALL_CHECKS: u32 = 10;

/// What is known about an open session. Counts checks and audio, not time: after a pause of the
/// whole machine, the messages that have arrived meanwhile are handled before the second check.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    /// Samples of speech that were sent since the last message.
    unanswered: u64,
    /// Checks since the last message.
    checks: u32,
    has_heartbeats: bool,
    /// Number of bytes passed to the socket.
    passed_bytes: u64,
    /// Number of bytes that had left the socket at the last check.
    left_bytes: u64,
    stalled_checks: u32,
    is_slow: bool,
}

impl Liveness {
    /// Records that a chunk was passed to the socket.
    pub(super) fn on_sent(&mut self, sent: &Sent) {
        self.passed_bytes += sent.frame.len() as u64;
        if sent.is_speech {
            self.unanswered += (sent.frame.len() / size_of::<i16>()) as u64;
        }
    }

    /// Records a message from the service.
    pub(super) fn on_message(&mut self, is_heartbeat: bool) {
        self.unanswered = 0;
        self.checks = 0;
        self.has_heartbeats |= is_heartbeat;
    }

    /// Checks the session while `unsent` bytes are in the socket. `failures` is the number of
    /// sessions before it that were given up as deaf: each doubles the limit, because the sound may
    /// not be speech at all. Returns `true` if the session is dead or deaf.
    pub(super) fn check(&mut self, unsent: u64, failures: u32) -> bool {
        self.checks += 1;
        self.is_slow |= unsent > 0;
        let left_bytes = self.passed_bytes.saturating_sub(unsent);
        let has_stalled = unsent > 0 && left_bytes <= self.left_bytes;
        self.stalled_checks = if has_stalled {
            self.stalled_checks + 1
        } else {
            0
        };
        self.left_bytes = left_bytes;
        let deaf_after = if self.is_slow {
            SLOW_DEAF_AFTER
        } else {
            DEAF_AFTER
        };
        let is_deaf =
            self.unanswered(unsent) >= deaf_after * 2_u32.pow(failures.min(MAX_DOUBLINGS));
        let has_no_heartbeat = self.has_heartbeats && self.checks > HEARTBEAT_CHECKS;
        is_deaf || has_no_heartbeat || self.stalled_checks >= STALL_CHECKS
    }

    /// Returns the length of the speech that has left the socket since the last message, while
    /// `unsent` bytes are in the socket.
    pub(super) fn unanswered(&self, unsent: u64) -> Duration {
        duration(self.unanswered).saturating_sub(audio(unsent))
    }
}

/// Doublings of [`DEAF_AFTER`]: up to about three minutes.
const MAX_DOUBLINGS: u32 = 4;

#[cfg(test)]
mod tests {
    use inturn_protocol::SAMPLE_RATE_HZ;

    use super::*;

    fn chunk(is_speech: bool) -> Sent {
        Sent {
            frame: vec![0; SAMPLE_RATE_HZ as usize / 5].into(),
            is_speech,
        }
    }

    /// Returns the check that fails, of sessions that get a second of audio per check.
    fn failing_check(
        checks: u32,
        failures: u32,
        is_speech: bool,
        mut unsent: impl FnMut(u32) -> u64,
        mut answer: impl FnMut(u32, &mut Liveness),
    ) -> Option<u32> {
        let mut liveness = Liveness::default();
        (1..=checks).find(|check| {
            for _ in 0..10 {
                liveness.on_sent(&chunk(is_speech));
            }
            answer(*check, &mut liveness);
            liveness.check(unsent(*check), failures)
        })
    }

    #[test]
    fn unanswered_speech_means_a_deaf_session() {
        let silent = |_: u32, _: &mut Liveness| {};
        assert_eq!(failing_check(60, 0, true, |_| 0, silent), Some(10));
        assert_eq!(failing_check(60, 1, true, |_| 0, silent), Some(20));
        assert_eq!(failing_check(600, 99, true, |_| 0, silent), Some(160));
        assert_eq!(failing_check(60, 0, false, |_| 0, silent), None);
    }

    #[test]
    fn any_message_is_an_answer() {
        let answer = |check: u32, liveness: &mut Liveness| {
            if check.is_multiple_of(9) {
                liveness.on_message(false);
            }
        };
        assert_eq!(failing_check(600, 0, true, |_| 0, answer), None);
    }

    #[test]
    fn heartbeats_that_stop_mean_a_dead_session() {
        let heartbeat = |check: u32, liveness: &mut Liveness| {
            if check.is_multiple_of(5) && check <= 20 {
                liveness.on_message(true);
            }
        };
        assert_eq!(failing_check(60, 0, false, |_| 0, heartbeat), Some(32));
    }

    #[test]
    fn a_socket_that_sends_nothing_is_dead_and_a_slow_one_is_not() {
        let second = u64::from(SAMPLE_RATE_HZ) * 2;
        let none = |_: u32, _: &mut Liveness| {};
        let stalled = |check: u32| u64::from(check) * second;
        assert_eq!(failing_check(60, 0, false, stalled, none), Some(10));
        let slow = |check: u32| u64::from(check) * second / 3;
        assert_eq!(failing_check(60, 0, false, slow, none), None);
    }
}
