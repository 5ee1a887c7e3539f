//! How long to wait between `Terminate` and `Termination`.
//!
//! If no message arrives, there are three possible causes: a slow or broken network, a service
//! without words to report, and a service that will never answer. The recorder distinguishes them
//! by the bytes left in the socket, by how much of the audio the service has reported, and by
//! probing our own server.

use std::time::Duration;

use super::timers::{
    FINISH_TIMEOUT, LAST_WORDS_TIMEOUT, PROBE_TIMEOUT, SLOW_LAST_WORDS_TIMEOUT,
    SOCKET_CHECK_INTERVAL, Timer, Timers,
};
use crate::Moment;

/// The wait for the service's last words. Runs [`Timer::LastWords`], [`Timer::Finish`] and
/// [`Timer::SocketCheck`].
#[derive(Debug)]
pub(super) struct LastWords {
    /// Bytes in the socket at the last check.
    unsent: u64,
    /// Whether audio may be in transit for longer than [`LAST_WORDS_TIMEOUT`].
    is_slow: bool,
    network: Network,
}

/// What is known about the network.
#[derive(Clone, Copy, Debug)]
enum Network {
    /// There was no probe since the last activity.
    Unknown,
    /// A probe was sent to our server, and it has not answered yet.
    Probing,
    /// Our server did not answer.
    Down { since: Moment },
}

impl LastWords {
    /// Starts the wait, after `Terminate` was passed to the socket. `unreported` is the audio after
    /// the last word that the service has reported: much of it may be silence, or still in transit.
    pub(super) fn new(now: Moment, unreported: Duration, timers: &mut Timers) -> Self {
        timers.set(Timer::Finish, now + FINISH_TIMEOUT);
        timers.set(Timer::SocketCheck, now + SOCKET_CHECK_INTERVAL);
        let mut wait = Self {
            unsent: 0,
            is_slow: unreported > MAX_NORMAL_LAG,
            network: Network::Unknown,
        };
        wait.restart(now, timers);
        wait
    }

    /// Handles a message from the service.
    pub(super) fn on_message(&mut self, now: Moment, timers: &mut Timers) {
        self.restart(now, timers);
    }

    /// Handles a report that `bytes` are in the socket.
    pub(super) fn on_unsent(&mut self, now: Moment, bytes: u64, timers: &mut Timers) {
        let was_slow = self.is_slow;
        // If bytes are left in the socket, the operating system's buffers are full too. No program
        // can see how much they hold.
        self.is_slow |= bytes > 0;
        if bytes < self.unsent || self.is_slow != was_slow {
            self.restart(now, timers);
        }
        self.unsent = bytes;
    }

    /// Handles [`Timer::LastWords`].
    pub(super) fn on_silence(&mut self, now: Moment, timers: &mut Timers) {
        self.network = match self.network {
            Network::Unknown => Network::Probing,
            Network::Probing => Network::Down { since: now },
            down @ Network::Down { .. } => down,
        };
        timers.set(Timer::LastWords, now + PROBE_TIMEOUT);
    }

    /// Handles the result of a probe. Returns `true` if it is time to give up.
    pub(super) fn on_probe_result(
        &mut self,
        now: Moment,
        is_up: bool,
        timers: &mut Timers,
    ) -> bool {
        match (self.network, is_up) {
            (Network::Probing, true) => return true,
            (Network::Probing, false) => self.network = Network::Down { since: now },
            (Network::Down { since }, true) => {
                self.is_slow = true;
                self.restart(now, timers);
                // TCP doubles the wait between two retransmissions, so the next one may come as
                // late as the network was down: section 5.5 of RFC 6298.
                let wait = SLOW_LAST_WORDS_TIMEOUT.max(now.since(since));
                timers.set(Timer::LastWords, now + wait);
            }
            (Network::Unknown, _) | (Network::Down { .. }, false) => {}
        }
        false
    }

    /// Returns `true` if the network is known to be down.
    pub(super) fn is_offline(&self) -> bool {
        matches!(self.network, Network::Down { .. })
    }

    /// Returns `true` if audio may have been in transit for long.
    pub(super) fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// Restarts the timeout after activity.
    fn restart(&mut self, now: Moment, timers: &mut Timers) {
        self.network = Network::Unknown;
        let wait = if self.is_slow {
            SLOW_LAST_WORDS_TIMEOUT
        } else {
            LAST_WORDS_TIMEOUT
        };
        timers.set(Timer::LastWords, now + wait);
    }
}

/// How far the service's reports are behind the audio on a good network: a word, its recognition
/// and a pause before Stop.
const MAX_NORMAL_LAG: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    /// A wait with its timers, handled as the recorder handles them.
    struct Waiting {
        wait: LastWords,
        timers: Timers,
    }

    #[derive(Debug, PartialEq, Eq)]
    enum Verdict {
        Wait,
        Probe,
        GiveUp,
    }

    impl Waiting {
        fn new() -> Self {
            let mut timers = Timers::default();
            let wait = LastWords::new(start(), Duration::ZERO, &mut timers);
            Self { wait, timers }
        }

        fn wake(&mut self, now: Moment) -> Verdict {
            let mut verdict = Verdict::Wait;
            while let Some(timer) = self.timers.take_due(now) {
                match timer {
                    Timer::SocketCheck => self.timers.set(timer, now + SOCKET_CHECK_INTERVAL),
                    Timer::Finish => return Verdict::GiveUp,
                    Timer::LastWords => {
                        self.wait.on_silence(now, &mut self.timers);
                        verdict = Verdict::Probe;
                    }
                    other => panic!("{other:?} is not one of these"),
                }
            }
            verdict
        }

        fn on_message(&mut self, now: Moment) {
            self.wait.on_message(now, &mut self.timers);
        }

        fn on_unsent(&mut self, now: Moment, bytes: u64) {
            self.wait.on_unsent(now, bytes, &mut self.timers);
        }

        fn on_probe_result(&mut self, now: Moment, is_up: bool) -> Verdict {
            if self.wait.on_probe_result(now, is_up, &mut self.timers) {
                Verdict::GiveUp
            } else {
                Verdict::Wait
            }
        }

        fn is_offline(&self) -> bool {
            self.wait.is_offline()
        }

        fn next(&self) -> Moment {
            self.timers.next().expect("a timer is set")
        }
    }

    fn start() -> Moment {
        Moment::from_millis(1_234.5)
    }

    #[test]
    fn silence_on_a_good_network_means_that_the_service_does_not_answer() {
        let mut wait = Waiting::new();
        assert_eq!(wait.wake(start() + SOCKET_CHECK_INTERVAL), Verdict::Wait);
        let late = start() + LAST_WORDS_TIMEOUT;
        assert_eq!(wait.wake(late), Verdict::Probe);
        assert_eq!(wait.on_probe_result(late, true), Verdict::GiveUp);
    }

    #[test]
    fn any_message_extends_the_wait() {
        let mut wait = Waiting::new();
        let heard = start() + LAST_WORDS_TIMEOUT;
        assert_eq!(wait.wake(heard), Verdict::Probe);
        wait.on_message(heard);
        // The answer to a probe that is no longer relevant.
        assert_eq!(wait.on_probe_result(heard, true), Verdict::Wait);
        assert_eq!(
            wait.wake(heard + (LAST_WORDS_TIMEOUT - SOCKET_CHECK_INTERVAL)),
            Verdict::Wait
        );
        assert_eq!(wait.wake(heard + LAST_WORDS_TIMEOUT), Verdict::Probe);
    }

    #[test]
    fn only_bytes_that_leave_the_socket_extend_the_wait() {
        let mut wait = Waiting::new();
        let mut now = start();
        for left in (0..100).rev() {
            now = now + (SLOW_LAST_WORDS_TIMEOUT - SOCKET_CHECK_INTERVAL);
            wait.on_unsent(now, 1 + left);
            if now >= start() + FINISH_TIMEOUT {
                assert_eq!(wait.wake(now), Verdict::GiveUp);
                break;
            }
            assert_eq!(wait.wake(now), Verdict::Wait);
        }
        assert!(now >= start() + FINISH_TIMEOUT);
        let mut wait = Waiting::new();
        wait.on_unsent(start(), 7);
        wait.on_unsent(start() + LAST_WORDS_TIMEOUT, 7);
        assert_eq!(wait.wake(start() + LAST_WORDS_TIMEOUT), Verdict::Wait);
        assert_eq!(wait.wake(start() + SLOW_LAST_WORDS_TIMEOUT), Verdict::Probe);
    }

    #[test]
    fn the_wait_goes_on_and_probes_again_while_the_network_is_down() {
        let mut wait = Waiting::new();
        let mut now = start() + LAST_WORDS_TIMEOUT;
        assert_eq!(wait.wake(now), Verdict::Probe);
        assert!(!wait.is_offline());
        for _ in 0..10 {
            now = now + PROBE_TIMEOUT;
            assert_eq!(wait.wake(now), Verdict::Probe);
            assert!(wait.is_offline());
        }
        let down = PROBE_TIMEOUT * 9;
        assert_eq!(wait.on_probe_result(now, true), Verdict::Wait);
        assert!(!wait.is_offline());
        assert_eq!(
            wait.wake(now + down.max(SLOW_LAST_WORDS_TIMEOUT)),
            Verdict::Probe
        );
    }

    #[test]
    fn the_wait_ends_after_the_finish_timeout() {
        let mut wait = Waiting::new();
        wait.on_unsent(start(), 1_000_000);
        let end = start() + FINISH_TIMEOUT;
        assert_eq!(wait.wake(end), Verdict::GiveUp);
    }

    #[test]
    fn every_wake_sets_a_later_one() {
        let mut wait = Waiting::new();
        let mut now = start();
        while wait.wake(now) != Verdict::GiveUp {
            assert!(wait.next() > now);
            now = wait.next();
        }
    }
}
