//! What a Redis that is away is to be told when it is back.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::super::{
    claim::{Claim, Over},
    recording_id::RecordingId,
    sign_outs::SignInId,
};

/// Something about a recording or a sign-in that could not be said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Word {
    /// Its session began.
    Begun(RecordingId),
    /// It is over.
    Ended(RecordingId),
    /// Nobody got the token of this claim.
    TakenBack(Claim, Over),
    /// Somebody signed out.
    SignedOut(SignInId),
}

impl Word {
    /// Whether a page says so: of that, anybody can make up more. A sign-out needs the right passphrase.
    fn is_of_page(self) -> bool {
        matches!(self, Self::Begun(_) | Self::Ended(_))
    }
}

/// The words, in the order in which they came.
#[derive(Default)]
pub(super) struct Later(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    words: VecDeque<Word>,
    /// Whether somebody is there to say them.
    is_attended: bool,
}

impl Later {
    /// Keeps a word, if there is room. Returns whether somebody must now be made to [say](Self::next) it.
    #[must_use]
    pub(super) fn keep(&self, word: Word) -> bool {
        let mut waiting = self.lock();
        let room = if word.is_of_page() {
            MAX_WORDS / 2
        } else {
            MAX_WORDS
        };
        if waiting.words.len() < room {
            waiting.words.push_back(word);
        }
        !std::mem::replace(&mut waiting.is_attended, true)
    }

    /// The next word, which stays until it is [said](Self::said). After `None`, nobody attends any more.
    pub(super) fn next(&self) -> Option<Word> {
        let mut waiting = self.lock();
        let next = waiting.words.front().copied();
        waiting.is_attended = next.is_some();
        next
    }

    /// The next word needs not be said again.
    pub(super) fn said(&self) {
        self.lock().words.pop_front();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More than all recordings of a large team, in less than 1 MB. What is forgotten ends by itself, with its
/// token or its session.
const MAX_WORDS: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> RecordingId {
        RecordingId::numbered(number as u128)
    }

    #[test]
    fn words_are_said_in_order_by_one() {
        let later = Later::default();
        assert!(later.keep(Word::Begun(id(1))));
        assert!(!later.keep(Word::Ended(id(1))));
        assert_eq!(later.next(), Some(Word::Begun(id(1))));
        // It failed.
        assert_eq!(later.next(), Some(Word::Begun(id(1))));
        later.said();
        assert_eq!(later.next(), Some(Word::Ended(id(1))));
        later.said();
        assert_eq!(later.next(), None);
        assert!(later.keep(Word::Begun(id(2))));
    }

    #[test]
    fn pages_leave_room_for_the_servers_own_words() {
        let later = Later::default();
        for number in 0..MAX_WORDS {
            let _ = later.keep(Word::Ended(id(number)));
        }
        assert_eq!(later.lock().words.len(), MAX_WORDS / 2);
        for number in 0..MAX_WORDS {
            let claim = Claim {
                id: id(number),
                renews: None,
            };
            let _ = later.keep(Word::TakenBack(claim, Over::Failed));
        }
        assert_eq!(later.lock().words.len(), MAX_WORDS);
    }
}
