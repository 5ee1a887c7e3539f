//! From `Terminate` to `Termination`: how long to wait.
//!
//! Silence has three causes: a slow or broken network, a service that has nothing to say, and a
//! service that will never answer. They are distinguished by the bytes that are left in the socket, by
//! how much of the audio the service has reported, and by asking our own server for a sign of life.

use std::time::Duration;

use super::timers::{LAST_WORDS, LONGEST_WAIT, LOOK, PROBE, SLOW_LAST_WORDS, Timer, Timers};
use crate::Moment;

/// The wait for the last words. Runs [`Timer::LastWords`], [`Timer::LongestWait`] and
/// [`Timer::SocketLook`].
#[derive(Debug)]
pub(super) struct LastWords {
    /// Bytes in the socket at the last look.
    unsent: u64,
    /// Whether audio may be on its way for longer than [`LAST_WORDS`].
    is_slow: bool,
    network: Network,
}

/// What is known of the network.
#[derive(Clone, Copy, Debug)]
enum Network {
    /// Nobody has asked since the last sign of life.
    Unknown,
    /// Our server was asked and has not answered yet.
    Asked,
    /// Our server did not answer.
    Down { since: Moment },
}

impl LastWords {
    /// `Terminate` was handed to the socket. `unreported` is the audio behind the last word that the
    /// service has reported: much of it may be silence, or still be on its way.
    pub(super) fn new(now: Moment, unreported: Duration, timers: &mut Timers) -> Self {
        timers.set(Timer::LongestWait, now + LONGEST_WAIT);
        timers.set(Timer::SocketLook, now + LOOK);
        let mut wait = Self {
            unsent: 0,
            is_slow: unreported > PROMPT,
            network: Network::Unknown,
        };
        wait.go_on(now, timers);
        wait
    }

    /// The service said something.
    pub(super) fn heard(&mut self, now: Moment, timers: &mut Timers) {
        self.go_on(now, timers);
    }

    /// So many bytes are in the socket.
    pub(super) fn unsent(&mut self, now: Moment, bytes: u64, timers: &mut Timers) {
        let was_slow = self.is_slow;
        // The system's own buffers, which no program can see, are full as well then.
        self.is_slow |= bytes > 0;
        if bytes < self.unsent || self.is_slow != was_slow {
            self.go_on(now, timers);
        }
        self.unsent = bytes;
    }

    /// [`Timer::LastWords`] has come.
    pub(super) fn has_been_silent(&mut self, now: Moment, timers: &mut Timers) {
        self.network = match self.network {
            Network::Unknown => Network::Asked,
            Network::Asked => Network::Down { since: now },
            down @ Network::Down { .. } => down,
        };
        timers.set(Timer::LastWords, now + PROBE);
    }

    /// Our server answered, or could not be reached. Returns `true` if it is time to give up.
    pub(super) fn probed(&mut self, now: Moment, is_up: bool, timers: &mut Timers) -> bool {
        match (self.network, is_up) {
            (Network::Asked, true) => return true,
            (Network::Asked, false) => self.network = Network::Down { since: now },
            (Network::Down { since }, true) => {
                self.is_slow = true;
                self.go_on(now, timers);
                // TCP waits up to twice as long between two tries, so the next may be as far off as
                // the network was down: section 5.5 of RFC 6298.
                let wait = SLOW_LAST_WORDS.max(now.since(since));
                timers.set(Timer::LastWords, now + wait);
            }
            (Network::Unknown, _) | (Network::Down { .. }, false) => {}
        }
        false
    }

    /// Whether the network is known to be down.
    pub(super) fn is_offline(&self) -> bool {
        matches!(self.network, Network::Down { .. })
    }

    /// There was a sign of life.
    fn go_on(&mut self, now: Moment, timers: &mut Timers) {
        self.network = Network::Unknown;
        let wait = if self.is_slow {
            SLOW_LAST_WORDS
        } else {
            LAST_WORDS
        };
        timers.set(Timer::LastWords, now + wait);
    }
}

/// How far the service's reports lie behind the audio on a good network: a word, its recognition and
/// a pause before Stop.
const PROMPT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    /// A wait with its timers, served as the recorder serves them.
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
                    Timer::SocketLook => self.timers.set(timer, now + LOOK),
                    Timer::LongestWait => return Verdict::GiveUp,
                    Timer::LastWords => {
                        self.wait.has_been_silent(now, &mut self.timers);
                        verdict = Verdict::Probe;
                    }
                    other => panic!("{other:?} is not one of these"),
                }
            }
            verdict
        }

        fn heard(&mut self, now: Moment) {
            self.wait.heard(now, &mut self.timers);
        }

        fn unsent(&mut self, now: Moment, bytes: u64) {
            self.wait.unsent(now, bytes, &mut self.timers);
        }

        fn probed(&mut self, now: Moment, is_up: bool) -> Verdict {
            if self.wait.probed(now, is_up, &mut self.timers) {
                Verdict::GiveUp
            } else {
                Verdict::Wait
            }
        }

        fn is_offline(&self) -> bool {
            self.wait.is_offline()
        }

        fn next(&self) -> Moment {
            self.timers.next().expect("something is awaited")
        }
    }

    fn start() -> Moment {
        Moment::from_millis(1_234.5)
    }

    #[test]
    fn silence_on_a_good_network_is_the_services() {
        let mut wait = Waiting::new();
        assert_eq!(wait.wake(start() + LOOK), Verdict::Wait);
        let late = start() + LAST_WORDS;
        assert_eq!(wait.wake(late), Verdict::Probe);
        assert_eq!(wait.probed(late, true), Verdict::GiveUp);
    }

    #[test]
    fn any_sign_of_life_gives_it_time() {
        let mut wait = Waiting::new();
        let heard = start() + LAST_WORDS;
        assert_eq!(wait.wake(heard), Verdict::Probe);
        wait.heard(heard);
        // The answer to a question that is no longer asked.
        assert_eq!(wait.probed(heard, true), Verdict::Wait);
        assert_eq!(wait.wake(heard + (LAST_WORDS - LOOK)), Verdict::Wait);
        assert_eq!(wait.wake(heard + LAST_WORDS), Verdict::Probe);
    }

    #[test]
    fn bytes_that_leave_are_a_sign_of_life_and_bytes_that_stay_are_none() {
        let mut wait = Waiting::new();
        let mut now = start();
        for left in (0..100).rev() {
            now = now + (SLOW_LAST_WORDS - LOOK);
            wait.unsent(now, 1 + left);
            if now >= start() + LONGEST_WAIT {
                assert_eq!(wait.wake(now), Verdict::GiveUp);
                break;
            }
            assert_eq!(wait.wake(now), Verdict::Wait);
        }
        assert!(now >= start() + LONGEST_WAIT);
        let mut wait = Waiting::new();
        wait.unsent(start(), 7);
        wait.unsent(start() + LAST_WORDS, 7);
        assert_eq!(wait.wake(start() + LAST_WORDS), Verdict::Wait);
        assert_eq!(wait.wake(start() + SLOW_LAST_WORDS), Verdict::Probe);
    }

    #[test]
    fn a_network_that_is_down_is_waited_for_and_asked_after_again() {
        let mut wait = Waiting::new();
        let mut now = start() + LAST_WORDS;
        assert_eq!(wait.wake(now), Verdict::Probe);
        assert!(!wait.is_offline());
        for _ in 0..10 {
            now = now + PROBE;
            assert_eq!(wait.wake(now), Verdict::Probe);
            assert!(wait.is_offline());
        }
        let down = PROBE * 9;
        assert_eq!(wait.probed(now, true), Verdict::Wait);
        assert!(!wait.is_offline());
        assert_eq!(wait.wake(now + down.max(SLOW_LAST_WORDS)), Verdict::Probe);
    }

    #[test]
    fn nothing_waits_for_ever() {
        let mut wait = Waiting::new();
        wait.unsent(start(), 1_000_000);
        let end = start() + LONGEST_WAIT;
        assert_eq!(wait.wake(end), Verdict::GiveUp);
    }

    #[test]
    fn every_wake_moves_the_next() {
        let mut wait = Waiting::new();
        let mut now = start();
        while wait.wake(now) != Verdict::GiveUp {
            assert!(wait.next() > now);
            now = wait.next();
        }
    }
}
