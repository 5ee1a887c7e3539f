//! Updates to send to Redis when it is available again.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::super::{
    claim::{Claim, EndReason},
    recording_id::RecordingId,
    sign_outs::SignInId,
};

/// An update about a recording or a sign-in that could not be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Update {
    /// A recording's session began.
    Begun(RecordingId),
    /// A recording ended.
    Ended(RecordingId),
    /// The token of this claim was not handed out.
    Cancelled(Claim, EndReason),
    /// A person signed out.
    SignedOut(SignInId),
}

impl Update {
    /// Returns `true` for reports of a page, which any client can send in any number. A sign-out
    /// needs the right passphrase.
    fn is_of_page(self) -> bool {
        matches!(self, Self::Begun(_) | Self::Ended(_))
    }
}

/// A bounded queue of updates. At most one task sends them.
#[derive(Default)]
pub(super) struct RetryQueue(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    updates: VecDeque<Update>,
    /// Whether a task sends the updates.
    has_sender: bool,
}

impl RetryQueue {
    /// Adds an update, or drops it if the queue is full. If this returns `true`, the caller must
    /// spawn the task that sends the queue.
    #[must_use]
    pub(super) fn push(&self, update: Update) -> bool {
        let mut queue = self.lock();
        let max = if update.is_of_page() {
            MAX_UPDATES / 2
        } else {
            MAX_UPDATES
        };
        if queue.updates.len() < max {
            queue.updates.push_back(update);
        }
        !std::mem::replace(&mut queue.has_sender, true)
    }

    /// Returns the next update, without removing it. If this returns `None`, the sending task must
    /// end.
    pub(super) fn peek(&self) -> Option<Update> {
        let mut queue = self.lock();
        let next = queue.updates.front().copied();
        queue.has_sender = next.is_some();
        next
    }

    /// Removes the next update.
    pub(super) fn pop(&self) {
        self.lock().updates.pop_front();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Less than 1 MB, and more than all recordings of a large team. A recording whose update is
/// dropped ends when its token or its session expires.
const MAX_UPDATES: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> RecordingId {
        RecordingId::numbered(number as u128)
    }

    #[test]
    fn updates_are_sent_in_order_by_one_task() {
        let queue = RetryQueue::default();
        assert!(queue.push(Update::Begun(id(1))));
        assert!(!queue.push(Update::Ended(id(1))));
        assert_eq!(queue.peek(), Some(Update::Begun(id(1))));
        // Sending failed.
        assert_eq!(queue.peek(), Some(Update::Begun(id(1))));
        queue.pop();
        assert_eq!(queue.peek(), Some(Update::Ended(id(1))));
        queue.pop();
        assert_eq!(queue.peek(), None);
        assert!(queue.push(Update::Begun(id(2))));
    }

    #[test]
    fn reports_of_pages_leave_room_for_other_updates() {
        let queue = RetryQueue::default();
        for number in 0..MAX_UPDATES {
            let _ = queue.push(Update::Ended(id(number)));
        }
        assert_eq!(queue.lock().updates.len(), MAX_UPDATES / 2);
        for number in 0..MAX_UPDATES {
            let claim = Claim {
                id: id(number),
                renews: None,
            };
            let _ = queue.push(Update::Cancelled(claim, EndReason::Failed));
        }
        assert_eq!(queue.lock().updates.len(), MAX_UPDATES);
    }
}
