//! The turn under way.

use crate::recogniser::HeardWord;
use crate::text;

pub(super) struct OpenTurn {
    pub(super) start_ms: u64,
    pub(super) onset_ms: u64,
    pub(super) voiced_ms: u64,
    pub(super) silence_ms: u64,
    /// Frames heard since it began.
    pub(super) frames: u64,
    /// The words at the last look.
    pub(super) words: Vec<HeardWord>,
    /// When a partial last went out, and whether one has gone out in this pause.
    pub(super) told_ms: Option<u64>,
    pub(super) told_pause: bool,
}

impl OpenTurn {
    pub(super) fn ends_sentence(&self) -> bool {
        self.words
            .last()
            .is_some_and(|word| text::ends_sentence(&word.text))
    }
}
