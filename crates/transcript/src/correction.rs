//! Corrections by hand.

use serde::{Deserialize, Serialize};

use crate::turn::TurnId;

/// A correction of some words of a turn. The turn keeps what the service reported.
///
/// While the turn is open, later versions of it may have other words at the same place. The words
/// that the correction replaces are found by their text near their place, or else by their times.
/// If they are gone, the correction is still shown, at its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The index of the first replaced word among the words of the text.
    pub first: u32,
    /// The number of replaced words.
    pub count: u32,
    /// Their text when the correction was made.
    pub original: String,
    /// Start of the first one, in milliseconds of the timeline.
    pub start_ms: u32,
    /// End of the last one.
    pub end_ms: u32,
    /// The text in their place. Empty if they are removed.
    pub text: String,
}

/// Identifies a correction of a transcript, until the corrections of its turn change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrectionId {
    /// The turn in which it was made. Another one shows it if its session has taken over the words.
    pub turn: TurnId,
    /// The index in [`Transcript::corrections`](crate::Transcript::corrections) of that turn.
    pub index: usize,
}

impl Correction {
    /// Returns its middle, in milliseconds of the timeline.
    pub(crate) fn midpoint_ms(&self) -> u32 {
        self.start_ms.midpoint(self.end_ms)
    }

    /// Returns `true` if both correct the same time.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.start_ms <= other.end_ms && other.start_ms <= self.end_ms
    }
}
