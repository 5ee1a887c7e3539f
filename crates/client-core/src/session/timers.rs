//! The timers of a recording and of its connections, and their durations.

use std::{ops::RangeInclusive, time::Duration};

use crate::Moment;

/// The timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// When to give up waiting for our server's answer to a token request.
    Token,
    /// When to give up waiting for `Begin`.
    Begin,
    /// When to give up waiting for the first block of a microphone in place of a lost one.
    FirstBlock,
    /// When to check whether blocks still arrive.
    BlockWatchdog,
    /// When to decide how much of a stall of the blocks is missing.
    Settle,
    /// When to try again to open a microphone in place of a lost one.
    Reopen,
    /// When to give up waiting for the worklet's last block.
    AudioEnd,
    /// When to send the next chunk.
    Pace,
    /// When to check how many bytes are left in the socket, after `Terminate`.
    SocketCheck,
    /// When to give up waiting for the last words in any case.
    Finish,
    /// When to stop waiting for the next message, after `Terminate`.
    LastWords,
    /// When to report the next second of the countdown to a retry.
    RetryWait,
    /// When to open the next live session.
    Reconnect,
    /// When to open the next session for a hole.
    Fill,
    /// When to give up finishing without any session.
    GiveUp,
    /// When to check whether an open session still answers.
    Liveness,
    /// When to count a session as a success.
    Stable,
    /// When to open the successor of a session, before its time is over.
    HandOver,
}

/// The time at which each timer is due.
#[derive(Debug, Default)]
pub(super) struct Timers([Option<Moment>; Timer::ALL.len()]);

impl Timer {
    /// All timers, in the order in which simultaneous ones are handled.
    const ALL: [Self; 18] = [
        Self::Token,
        Self::Begin,
        Self::FirstBlock,
        Self::BlockWatchdog,
        Self::Settle,
        Self::Reopen,
        Self::AudioEnd,
        Self::Pace,
        Self::SocketCheck,
        Self::Finish,
        Self::LastWords,
        Self::RetryWait,
        Self::Reconnect,
        Self::Fill,
        Self::GiveUp,
        Self::Liveness,
        Self::Stable,
        Self::HandOver,
    ];
}

impl Timers {
    /// Starts or moves a timer.
    pub(super) fn set(&mut self, timer: Timer, at: Moment) {
        self.0[timer as usize] = Some(at);
    }

    /// Starts or moves a timer, or stops it if `at` is `None`.
    pub(super) fn set_or_stop(&mut self, timer: Timer, at: Option<Moment>) {
        self.0[timer as usize] = at;
    }

    /// Returns `true` if a timer runs.
    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    /// Stops a timer.
    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    /// Stops the timers of the microphone.
    pub(super) fn stop_intake(&mut self) {
        for timer in [
            Timer::FirstBlock,
            Timer::BlockWatchdog,
            Timer::Settle,
            Timer::Reopen,
            Timer::AudioEnd,
        ] {
            self.stop(timer);
        }
    }

    /// Stops all timers.
    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    /// Returns when the first timer is due.
    pub(super) fn next(&self) -> Option<Moment> {
        self.0.iter().flatten().min().copied()
    }

    /// Stops and returns a timer that is due at `now`, if any.
    pub(super) fn take_due(&mut self, now: Moment) -> Option<Timer> {
        let is_due = |timer: &Timer| self.0[*timer as usize].is_some_and(|at| at <= now);
        let timer = Timer::ALL.into_iter().find(is_due)?;
        self.stop(timer);
        Some(timer)
    }
}

/// Timeout for our server's answer to a token request. The server's own timeout for the service is
/// 8 s, so its answer comes first.
pub const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Timeout for `Begin`, from opening the socket. The measured time of the service is 1.2 s.
pub const BEGIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Timeout for the first block, from `MicrophoneOpened`. Blocks come forty times a second. A device
/// that must wake up first, for example over Bluetooth, may take a second or two. An audio context
/// that the browser does not start never delivers a block.
pub const FIRST_BLOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The same timeout in checks, for a microphone that the person has turned on: after a sleep of the
/// machine, the check comes before the first block.
pub(super) const FIRST_BLOCK_CHECKS: u32 =
    (FIRST_BLOCK_TIMEOUT.as_millis() / BLOCK_WATCHDOG_INTERVAL.as_millis()) as u32;

/// Interval of the checks whether blocks still arrive. While none arrive, silence is added to the
/// timeline as often.
pub const BLOCK_WATCHDOG_INTERVAL: Duration = Duration::from_millis(500);

/// How long no block must arrive until that counts as a stall. Blocks come forty times a second.
pub const STALL_NOTICE: Duration = Duration::from_secs(1);

/// Number of consecutive checks without a new block until the stall is shown: with
/// [`BLOCK_WATCHDOG_INTERVAL`], after 1 to 1.5 s.
pub(super) const STALL_CHECKS: u32 = 3;

/// Number of consecutive checks without a new block until the microphone is given up and opened
/// again: after 4 to 4.5 s. That gives a browser that paused the audio graph time to resume it.
pub const LOST_CHECKS: u32 = 9;

/// How long blocks are held after a stall. Those that were only late all arrive within that time.
pub const SETTLING_TIME: Duration = Duration::from_millis(200);

/// Interval of the attempts to open a microphone in place of a lost one.
pub const REOPEN_INTERVAL: Duration = Duration::from_secs(2);

/// Timeout for the worklet's last block, from turning the microphone off. A rendering quantum takes
/// 3 ms; a stalled page may take many times longer.
pub const AUDIO_END_TIMEOUT: Duration = Duration::from_secs(1);

/// Timeout for `Termination`, from the last message. The measured time of the service with an open
/// turn is 1.2 s.
pub const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(5);

/// The same timeout while audio may still be in transit: from the last message, or from the last
/// bytes that left the socket. The operating system's buffers may hold 256 kB or more that no
/// program can see. Sending them takes 13 s at 20 kB/s.
pub const SLOW_LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(30);

/// Timeout for `Termination` in any case, from `Terminate`. At 20 kB/s, the backlog of a 15-minute
/// recording is sent in this time.
pub const FINISH_TIMEOUT: Duration = Duration::from_secs(600);

/// How long before the end of its time a session's successor is opened: a twelfth of its time, but
/// at least and at most this. The successor needs up to 3 s to begin.
pub const HAND_OVER_LEAD: RangeInclusive<Duration> =
    Duration::from_secs(10)..=Duration::from_secs(60);

/// Interval of the checks of the socket after `Terminate`. The display counts in seconds.
pub const SOCKET_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Timeout for our server's answer to a probe; after it, the network counts as down. Our server
/// answers within milliseconds. A lost packet is sent again after 1 s, section 2 of RFC 6298.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u32) -> Moment {
        Moment::from_millis(f64::from(ms))
    }

    #[test]
    fn the_table_lists_each_timer_at_its_own_index() {
        for (index, timer) in Timer::ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, index, "{timer:?}");
        }
    }

    #[test]
    fn due_timers_are_taken_once_and_the_others_keep_running() {
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
