//! The timers of a recording: one table, and how long each runs.

use std::time::Duration;

use crate::Moment;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// When to give up waiting for our server's answer to a request for a token.
    Token,
    /// When to give up waiting for `Begin`.
    Begin,
    /// When to give up waiting for the microphone's first block.
    FirstBlock,
    /// When to check whether blocks still come.
    BlockWatchdog,
    /// When to give up waiting for the worklet's last block.
    AudioEnd,
    /// When the next chunk may be sent.
    Pace,
    /// When to look at what is left in the socket, behind `Terminate`.
    SocketLook,
    /// When to give up waiting for the last words in any case.
    LongestWait,
    /// When to stop waiting for the next sign of life, behind `Terminate`.
    LastWords,
    /// When the wait that a limit asks for is a second shorter.
    RetryWait,
}

/// When each timer is due.
#[derive(Debug, Default)]
pub(super) struct Timers([Option<Moment>; Timer::ALL.len()]);

impl Timer {
    /// In the order in which timers that are due at the same time are served.
    const ALL: [Self; 10] = [
        Self::Token,
        Self::Begin,
        Self::FirstBlock,
        Self::BlockWatchdog,
        Self::AudioEnd,
        Self::Pace,
        Self::SocketLook,
        Self::LongestWait,
        Self::LastWords,
        Self::RetryWait,
    ];
}

impl Timers {
    /// Starts a timer, or moves it.
    pub(super) fn set(&mut self, timer: Timer, at: Moment) {
        self.0[timer as usize] = Some(at);
    }

    /// Starts or moves a timer, or stops it where `at` is `None`.
    pub(super) fn set_or_stop(&mut self, timer: Timer, at: Option<Moment>) {
        self.0[timer as usize] = at;
    }

    /// Stops a timer.
    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    /// Stops all of them.
    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    /// When the first of them is due.
    pub(super) fn next(&self) -> Option<Moment> {
        self.0.iter().flatten().min().copied()
    }

    /// Stops and returns a timer that is due at `now`.
    pub(super) fn take_due(&mut self, now: Moment) -> Option<Timer> {
        let is_due = |timer: &Timer| self.0[*timer as usize].is_some_and(|at| at <= now);
        let timer = Timer::ALL.into_iter().find(is_due)?;
        self.stop(timer);
        Some(timer)
    }
}

/// How long our server may take to answer a request for a token. The server gives the service 8 s,
/// so its own answer comes first.
pub const TOKEN: Duration = Duration::from_secs(10);

/// How long `Begin` may take, from opening the socket. The service was measured at 1.2 s.
pub const BEGIN: Duration = Duration::from_secs(10);

/// How long the first block may take, from the moment the microphone is said to be on. Blocks come
/// forty times a second; a device that must wake up first, over Bluetooth say, may take a second or
/// two. An audio context that the browser does not let run gives none ever.
pub const FIRST_BLOCK: Duration = Duration::from_secs(5);

/// How often it is checked whether blocks still come.
pub const BLOCK_WATCHDOG_INTERVAL: Duration = Duration::from_secs(2);

/// How many checks in a row may find no new block. With [`BLOCK_WATCHDOG_INTERVAL`] that is 4 to 6
/// s without sound: time for a browser that paused the audio graph to let it go on, and less than a
/// service bills for silence before it hangs up (30 s).
pub const BLOCK_WATCHDOG_MISSES: u32 = 2;

/// How long the worklet's last block may take, from turning the microphone off. A rendering quantum
/// takes 3 ms; a page that is stalled meanwhile may take many times that.
pub const AUDIO_END: Duration = Duration::from_secs(1);

/// How long the service may be silent behind `Terminate`, from the last message. The service was
/// measured at 1.2 s with a turn open.
pub const LAST_WORDS: Duration = Duration::from_secs(5);

/// The same while audio may still be on its way: from the last message, or from the last bytes that
/// left the socket. The system's own buffers may hold 256 kB and more that no program can see, which
/// take 13 s at 20 kB/s.
pub const SLOW_LAST_WORDS: Duration = Duration::from_secs(30);

/// How long the last words may take in any case, from `Terminate`. At 20 kB/s the backlog of a
/// quarter of an hour leaves in this time.
pub const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// How often the socket is looked at behind `Terminate`. What is shown counts in seconds.
pub const LOOK: Duration = Duration::from_millis(500);

/// When the network counts as down, from asking our server. It answers within milliseconds; a
/// packet that was lost is sent again after 1 s, section 2 of RFC 6298.
pub const PROBE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u32) -> Moment {
        Moment::from_millis(f64::from(ms))
    }

    #[test]
    fn the_table_lists_each_timer_in_its_own_place() {
        for (place, timer) in Timer::ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, place, "{timer:?}");
        }
    }

    #[test]
    fn due_timers_are_taken_once_and_the_others_go_on() {
        let mut timers = Timers::default();
        timers.set(Timer::Pace, at(10));
        timers.set(Timer::Token, at(20));
        timers.set(Timer::Begin, at(30));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.take_due(at(9)), None);
        assert_eq!(timers.take_due(at(20)), Some(Timer::Token));
        assert_eq!(timers.take_due(at(20)), Some(Timer::Pace));
        assert_eq!(timers.take_due(at(20)), None);
        assert_eq!(timers.next(), Some(at(30)));
        timers.stop(Timer::Begin);
        assert_eq!(timers.next(), None);
    }
}
