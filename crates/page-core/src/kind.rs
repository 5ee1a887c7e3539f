//! What is stored of the recorder's messages.

use inturn_client_core::session::{Event, State};
use inturn_transcript::Change;

use crate::messages::ToPage;

/// The kind of a record: its first byte in a file. `store.js` has these numbers too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The recording began. `store.js` creates the file.
    Began = 1,
    /// The transcript changed.
    Changed = 2,
    /// A turn changed that has not ended. `store.js` may leave it out, because another one
    /// follows.
    Draft = 3,
    /// The recording ended. `store.js` closes the file.
    Ended = 4,
    /// A person has given the recording a title.
    Titled = 5,
}

impl Kind {
    /// Returns the kind as which a message of the recorder is stored; `None` if it is not stored.
    pub fn of(message: &ToPage) -> Option<Self> {
        match message {
            ToPage::Event(Event::Began(_)) => Some(Self::Began),
            ToPage::Event(Event::Changed(Change::Turn(turn))) if !turn.has_ended() => {
                Some(Self::Draft)
            }
            ToPage::Event(Event::Changed(_)) => Some(Self::Changed),
            ToPage::Event(Event::State(State::Idle)) => Some(Self::Ended),
            _ => None,
        }
    }

    /// Returns the kind of a record's first byte.
    #[inline]
    pub fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Began,
            Self::Changed,
            Self::Draft,
            Self::Ended,
            Self::Titled,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }
}
