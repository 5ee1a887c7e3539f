//! Messages that wait until they may be sent, in their order.

use std::collections::VecDeque;
use std::time::Duration;

use inturn_protocol::ServerMessage;

/// The outgoing messages of one session.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: VecDeque<(Duration, Outgoing)>,
}

/// What is sent.
pub(super) enum Outgoing {
    Message(Box<ServerMessage>),
    /// `Termination`, whose figures are those of the moment it is sent.
    Termination,
}

impl Outbox {
    /// Adds something that is to be sent at `at`, or after what was added before it.
    pub(super) fn push(&mut self, at: Duration, outgoing: Outgoing) {
        let last = self.waiting.back().map(|(at, _)| *at);
        self.waiting
            .push_back((last.map_or(at, |last| last.max(at)), outgoing));
    }

    /// Brings forward whatever would be sent later than `at`.
    pub(super) fn hurry(&mut self, at: Duration) {
        for (due, _) in &mut self.waiting {
            *due = at.min(*due);
        }
    }

    /// When the next one is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.waiting.front().map(|(at, _)| *at)
    }

    /// The next one, if it is due.
    pub(super) fn pop(&mut self, now: Duration) -> Option<Outgoing> {
        if self.next_due()? > now {
            return None;
        }
        self.waiting.pop_front().map(|(_, outgoing)| outgoing)
    }
}
