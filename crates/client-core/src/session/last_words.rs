//! From `Terminate` to `Termination`: how long to wait.
//!
//! Silence has three causes: a slow or broken network, a service that has nothing to say, and a
//! service that will never answer. They are told apart by the bytes that are left in the socket, by
//! how much of the audio the service has reported, and by asking our own server for a sign of life.

use std::time::Duration;

use super::deadlines::{LAST_WORDS, LONGEST_WAIT, LOOK, PROBE, SLOW_LAST_WORDS};
use crate::Moment;

/// The wait for the last words.
#[derive(Debug)]
pub(super) struct LastWords {
    /// Deadline for the next sign of life.
    until: Moment,
    /// Deadline for everything.
    end: Moment,
    /// When to look at the socket next.
    look: Moment,
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

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Wait,
    /// Find out whether the network is down.
    Probe,
    GiveUp,
}

impl LastWords {
    /// `Terminate` was handed to the socket. `unreported` is the audio behind the last word that the
    /// service has reported: much of it may be silence, or still be on its way.
    pub(super) fn new(now: Moment, unreported: Duration) -> Self {
        let mut wait = Self {
            until: now,
            end: now + LONGEST_WAIT,
            look: now + LOOK,
            unsent: 0,
            is_slow: unreported > PROMPT,
            network: Network::Unknown,
        };
        wait.go_on(now);
        wait
    }

    /// When [`LastWords::wake`] is due.
    pub(super) fn next(&self) -> Moment {
        self.until.min(self.end).min(self.look)
    }

    /// The service said something.
    pub(super) fn heard(&mut self, now: Moment) {
        self.go_on(now);
    }

    /// So many bytes are in the socket.
    pub(super) fn unsent(&mut self, now: Moment, bytes: u64) {
        let was_slow = self.is_slow;
        // The system's own buffers, which nobody can see, are full as well then.
        self.is_slow |= bytes > 0;
        if bytes < self.unsent || self.is_slow != was_slow {
            self.go_on(now);
        }
        self.unsent = bytes;
    }

    pub(super) fn wake(&mut self, now: Moment) -> Verdict {
        if self.look <= now {
            self.look = now + LOOK;
        }
        if self.end <= now {
            return Verdict::GiveUp;
        }
        if now < self.until {
            return Verdict::Wait;
        }
        self.network = match self.network {
            Network::Unknown => Network::Asked,
            Network::Asked => Network::Down { since: now },
            down @ Network::Down { .. } => down,
        };
        self.until = now + PROBE;
        Verdict::Probe
    }

    /// Our server answered, or could not be reached.
    pub(super) fn probed(&mut self, now: Moment, is_up: bool) -> Verdict {
        match (self.network, is_up) {
            (Network::Asked, true) => Verdict::GiveUp,
            (Network::Asked, false) => {
                self.network = Network::Down { since: now };
                Verdict::Wait
            }
            (Network::Down { since }, true) => {
                self.is_slow = true;
                self.go_on(now);
                // TCP waits up to twice as long between two tries, so the next may be as far off as
                // the network was down: section 5.5 of RFC 6298.
                self.until = self.until.max(now + now.since(since));
                Verdict::Wait
            }
            (Network::Unknown, _) | (Network::Down { .. }, false) => Verdict::Wait,
        }
    }

    /// Whether the network is known to be down.
    pub(super) fn is_offline(&self) -> bool {
        matches!(self.network, Network::Down { .. })
    }

    /// There was a sign of life.
    fn go_on(&mut self, now: Moment) {
        self.network = Network::Unknown;
        self.until = now
            + if self.is_slow {
                SLOW_LAST_WORDS
            } else {
                LAST_WORDS
            };
    }
}

/// How far the service's reports lie behind the audio on a good network: a word, its recognition and
/// a pause before Stop.
const PROMPT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt() -> LastWords {
        LastWords::new(start(), Duration::ZERO)
    }

    fn start() -> Moment {
        Moment::from_millis(1_234.5)
    }

    #[test]
    fn silence_on_a_good_network_is_the_services() {
        let mut wait = prompt();
        assert_eq!(wait.wake(start() + LOOK), Verdict::Wait);
        let late = start() + LAST_WORDS;
        assert_eq!(wait.wake(late), Verdict::Probe);
        assert_eq!(wait.probed(late, true), Verdict::GiveUp);
    }

    #[test]
    fn any_sign_of_life_gives_it_time() {
        let mut wait = prompt();
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
        let mut wait = prompt();
        let mut now = start();
        for left in (0..100).rev() {
            now = now + (SLOW_LAST_WORDS - LOOK);
            wait.unsent(now, 1 + left);
            assert_eq!(
                wait.wake(now),
                if now < start() + LONGEST_WAIT {
                    Verdict::Wait
                } else {
                    Verdict::GiveUp
                }
            );
        }
        let mut wait = prompt();
        wait.unsent(start(), 7);
        wait.unsent(start() + LAST_WORDS, 7);
        assert_eq!(wait.wake(start() + LAST_WORDS), Verdict::Wait);
        assert_eq!(wait.wake(start() + SLOW_LAST_WORDS), Verdict::Probe);
    }

    #[test]
    fn a_network_that_is_down_is_waited_for_and_asked_after_again() {
        let mut wait = prompt();
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
        let mut wait = prompt();
        wait.unsent(start(), 1_000_000);
        let end = start() + LONGEST_WAIT;
        assert_eq!(wait.wake(end), Verdict::GiveUp);
    }

    #[test]
    fn every_wake_moves_the_next() {
        let mut wait = prompt();
        let mut now = start();
        while wait.wake(now) != Verdict::GiveUp {
            assert!(wait.next() > now);
            now = wait.next();
        }
    }
}
