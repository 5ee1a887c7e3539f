//! The entries of a transcript.

use serde::{Deserialize, Serialize};

use crate::{
    gap::Gap,
    turn::{Turn, TurnId},
};

/// An entry of a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// Transcribed speech.
    Turn(Turn),
    /// A part of the timeline that was not transcribed.
    Gap(Gap),
}

/// The id of an entry. It stays the same when the entry's content changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryId {
    /// A turn.
    Turn(TurnId),
    /// The gap with this start, in milliseconds of the timeline.
    Gap(u32),
}

impl EntryId {
    /// Returns the turn; `None` for a gap.
    pub fn turn(self) -> Option<TurnId> {
        match self {
            Self::Turn(turn) => Some(turn),
            Self::Gap(_) => None,
        }
    }
}

/// An entry that a change has added, changed, moved or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The entry's id.
    pub id: EntryId,
    /// Whether it was there before, and is now at another place among the entries. All entries that
    /// have not moved are in the same order as before.
    pub has_moved: bool,
}

impl Touched {
    pub(crate) fn in_place(id: EntryId) -> Self {
        Self {
            id,
            has_moved: false,
        }
    }
}

impl Entry {
    /// Returns the entry's id.
    pub fn id(&self) -> EntryId {
        match self {
            Self::Turn(turn) => EntryId::Turn(turn.id),
            Self::Gap(gap) => EntryId::Gap(gap.from_ms),
        }
    }

    /// Returns the entry's start, in milliseconds of the timeline.
    pub fn start_ms(&self) -> u32 {
        match self {
            Self::Turn(turn) => turn.start_ms,
            Self::Gap(gap) => gap.from_ms,
        }
    }

    /// Returns the entry's end, in milliseconds of the timeline.
    pub fn end_ms(&self) -> u32 {
        match self {
            Self::Turn(turn) => turn.end_ms(),
            Self::Gap(gap) => gap.to_ms,
        }
    }

    /// Returns the start of a gap.
    pub(crate) fn gap_start(&self) -> Option<u32> {
        match self {
            Self::Turn(_) => None,
            Self::Gap(gap) => Some(gap.from_ms),
        }
    }
}
