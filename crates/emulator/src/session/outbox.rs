//! Queue of messages that are sent at set times, in order.

use std::{collections::VecDeque, time::Duration};

use inturn_protocol::ServerMessage;

/// The outgoing messages of one session.
#[derive(Default)]
pub(super) struct Outbox {
    queue: VecDeque<(Duration, Outgoing)>,
}

/// A queued message.
pub(super) enum Outgoing {
    Message(Box<ServerMessage>),
    /// `Termination`. Its durations are computed when it is sent.
    Termination,
}

impl Outbox {
    /// Adds a message to send at `at`, but not before the messages in front of it.
    pub(super) fn push(&mut self, at: Duration, outgoing: Outgoing) {
        let last = self.queue.back().map(|(at, _)| *at);
        self.queue
            .push_back((last.map_or(at, |last| last.max(at)), outgoing));
    }

    /// Makes every queued message due at `at` or earlier.
    pub(super) fn expedite(&mut self, at: Duration) {
        for (due, _) in &mut self.queue {
            *due = at.min(*due);
        }
    }

    /// Returns the time when the next message is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.queue.front().map(|(at, _)| *at)
    }

    /// Removes and returns the next message, if it is due.
    pub(super) fn pop(&mut self, now: Duration) -> Option<Outgoing> {
        if self.next_due()? > now {
            return None;
        }
        self.queue.pop_front().map(|(_, outgoing)| outgoing)
    }
}
