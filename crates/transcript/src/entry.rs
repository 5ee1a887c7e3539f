//! The entries of a transcript.

use serde::{Deserialize, Serialize};

use crate::gap::Gap;
use crate::turn::{Turn, TurnId};

/// An entry of a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// Something was said.
    Turn(Turn),
    /// Something was not transcribed.
    Gap(Gap),
}

/// Identifies an entry, also after its content has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryId {
    /// A turn.
    Turn(TurnId),
    /// The gap that begins at this time, in milliseconds of the timeline.
    Gap(u32),
}

impl Entry {
    /// What identifies it.
    pub fn id(&self) -> EntryId {
        match self {
            Self::Turn(turn) => EntryId::Turn(turn.id),
            Self::Gap(gap) => EntryId::Gap(gap.from_ms),
        }
    }

    /// Where it begins, in milliseconds of the timeline.
    pub fn start_ms(&self) -> u32 {
        match self {
            Self::Turn(turn) => turn.start_ms,
            Self::Gap(gap) => gap.from_ms,
        }
    }
}
