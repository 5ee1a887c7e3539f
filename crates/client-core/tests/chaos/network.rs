//! A socket from the browser to the service, and what is wrong with it.

use inturn_client_core::session::Attempt;

use super::service::Session;

/// A socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) attempt: Attempt,
    pub(crate) token: String,
    /// Whether neither side has closed it, as far as the browser knows.
    pub(crate) is_open: bool,
    /// Whether it may be written to.
    pub(crate) is_writable: bool,
    pub(crate) has_begun: bool,
    pub(crate) is_terminated: bool,
    /// The service's side. `None` before the socket opens.
    pub(crate) session: Option<Session>,
    /// Whether the service has ended its side.
    pub(crate) has_ended: bool,
    /// Nothing passes any more.
    pub(crate) is_dead: bool,
    /// The service says nothing any more.
    pub(crate) is_deaf: bool,
    stalled_until: u64,
    /// Bytes that the stalled or dead socket has taken.
    held_bytes: u64,
    hidden_bytes: u64,
    /// When the last item of each direction arrives.
    last_up: u64,
    last_down: u64,
    /// The pacing that the service allows: the audio ahead of it, in microseconds, and when.
    ahead_us: u64,
    paced_at: u64,
    /// The last word that was sent on it.
    pub(crate) newest: Option<u64>,
}

/// How far audio may be ahead of 1.25 times real time, in microseconds.
const BUCKET_US: u64 = 1_000_000;

impl Socket {
    pub(crate) fn new(attempt: Attempt, token: String) -> Self {
        Self {
            attempt,
            token,
            is_open: true,
            is_writable: false,
            has_begun: false,
            is_terminated: false,
            session: None,
            has_ended: false,
            is_dead: false,
            is_deaf: false,
            stalled_until: 0,
            held_bytes: 0,
            hidden_bytes: 0,
            last_up: 0,
            last_down: 0,
            ahead_us: 0,
            paced_at: 0,
            newest: None,
        }
    }

    /// Passes nothing any more.
    pub(crate) fn die(&mut self, hidden: u64) {
        self.is_dead = true;
        self.hidden_bytes = hidden;
    }

    /// Passes nothing until a later time.
    pub(crate) fn stall(&mut self, until: u64, hidden: u64) {
        self.stalled_until = self.stalled_until.max(until);
        self.hidden_bytes = hidden;
    }

    /// Takes bytes at `now`. Returns when they arrive.
    pub(crate) fn send(&mut self, now: u64, bytes: u64, latency: u64) -> u64 {
        if self.is_dead || now < self.stalled_until {
            self.held_bytes += bytes;
        } else {
            self.held_bytes = 0;
        }
        let at = (now.max(self.stalled_until) + latency).max(self.last_up);
        self.last_up = at;
        at
    }

    /// Returns when a message arrives that the service sends at `at`.
    pub(crate) fn receive(&mut self, at: u64, latency: u64) -> u64 {
        let at = (at.max(self.stalled_until) + latency).max(self.last_down);
        self.last_down = at;
        at
    }

    /// Returns the number of bytes that have not left the socket.
    pub(crate) fn unsent(&self, now: u64) -> u64 {
        if self.is_dead || now < self.stalled_until {
            self.held_bytes.saturating_sub(self.hidden_bytes)
        } else {
            0
        }
    }

    /// Returns `true` if audio of this length, sent at `now`, comes too fast.
    pub(crate) fn is_too_fast(&mut self, now: u64, audio_us: u64) -> bool {
        let passed = (now - self.paced_at) * 5 / 4;
        self.paced_at = now;
        self.ahead_us = self.ahead_us.saturating_sub(passed) + audio_us;
        self.ahead_us > BUCKET_US
    }
}
