//! The open turn.

use crate::{recogniser::RecognisedWord, text};

/// State of the open turn.
pub(super) struct OpenTurn {
    /// Start of the turn's audio, before the onset.
    pub(super) start_ms: u64,
    /// Start of the voice.
    pub(super) onset_ms: u64,
    /// Duration of all voiced frames.
    pub(super) voiced_ms: u64,
    /// Duration of the current pause.
    pub(super) silence_ms: u64,
    /// Frames processed since the onset was found.
    pub(super) frames: u64,
    /// The words when the recogniser was last asked.
    pub(super) words: Vec<RecognisedWord>,
    /// When the last partial was reported.
    pub(super) last_partial_ms: Option<u64>,
    /// Whether a partial was reported in the current pause.
    pub(super) partial_in_pause: bool,
}

impl OpenTurn {
    /// Whether the last word ends a sentence.
    pub(super) fn ends_sentence(&self) -> bool {
        self.words
            .last()
            .is_some_and(|word| text::ends_sentence(&word.text))
    }
}
