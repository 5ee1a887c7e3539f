//! A turn as a person reads it: with its corrections, and with each word's place in the text.

mod align;
mod corrected;
mod shown;

use std::borrow::Cow;

pub use self::shown::{Reading, ShownWord};
use crate::{
    correction::{Correction, CorrectionId},
    turn::Turn,
};

impl<'a> Reading<'a> {
    /// Reads `turn` with `corrections`, in the order of its words.
    pub(crate) fn new(turn: &'a Turn, corrections: &[(CorrectionId, Correction)]) -> Self {
        let base = Self {
            text: Cow::Borrowed(turn.text()),
            words: align::words(turn),
            corrections: Vec::new(),
        };
        if corrections.is_empty() {
            return base;
        }
        base.corrected(corrections)
    }
}
