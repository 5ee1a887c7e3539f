//! The text of a turn and the words in it.

use std::{borrow::Cow, ops::Range};

use crate::correction::CorrectionId;

/// A turn's text with its corrections, and the words in it. All views, exports and searches use it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) words: Vec<ShownWord<'a>>,
    /// The corrections, each with the words of the uncorrected reading that it replaces.
    pub(crate) corrections: Vec<(CorrectionId, Range<usize>)>,
}

/// A word as it is shown. Times are milliseconds of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownWord<'a> {
    /// Its place in [`Reading::text`], in bytes. Between two words is a space or nothing.
    pub bytes: Range<usize>,
    /// Start. A corrected word keeps the times of the words that it replaces.
    pub start_ms: u32,
    /// End.
    pub end_ms: u32,
    /// The service's confidence, 0 to 1. For a corrected word, that of the original.
    pub confidence: f32,
    /// The service's label of the speaker: the word's own, or else the turn's.
    pub speaker: Option<&'a str>,
    /// Whether the service will not change it any more.
    pub is_firm: bool,
    /// The correction that it comes from.
    pub correction: Option<CorrectionId>,
    /// The words of the uncorrected reading that it stands for.
    pub(crate) base: Range<usize>,
    /// The words of [`Turn::words`] that it stands for.
    pub(crate) source: Range<usize>,
}

impl<'a> Reading<'a> {
    /// Returns the text as it is shown.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the words, in the order of the text.
    pub fn words(&self) -> &[ShownWord<'a>] {
        &self.words
    }

    /// Returns the text of a word.
    pub fn word(&self, index: usize) -> &str {
        let word = self.words.get(index);
        let text = word.and_then(|it| self.text.get(it.bytes.clone()));
        text.unwrap_or_default()
    }

    /// Returns the text that will not change any more, and the text that may still change.
    pub fn parts(&self) -> (&str, &str) {
        let firm = self.words.iter().take_while(|it| it.is_firm).count();
        if firm == self.words.len() {
            return (&self.text, "");
        }
        let end = firm.checked_sub(1).and_then(|last| self.words.get(last));
        let end = end.map_or(0, |it| it.bytes.end);
        let parts = self.text.split_at_checked(end);
        let (firm, tentative) = parts.unwrap_or(("", &self.text));
        (firm, tentative.trim_start())
    }

    /// Returns the words that are at least partly in `bytes` of the text.
    pub fn words_at(&self, bytes: Range<usize>) -> Range<usize> {
        let from = self.words.partition_point(|it| it.bytes.end <= bytes.start);
        let to = self.words.partition_point(|it| it.bytes.start < bytes.end);
        from..to.max(from)
    }

    /// Returns the words grouped by speaker, in order. Words whose speaker is the same as that of
    /// the word before are in its group.
    pub fn by_speaker(&self) -> impl Iterator<Item = Range<usize>> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let speaker = self.words.get(from)?.speaker;
            let group = self.words[from..].iter();
            let len = group.take_while(|it| it.speaker == speaker).count();
            from += len;
            Some(from - len..from)
        })
    }

    /// Returns the text of some words, as it is shown.
    pub fn text_of(&self, words: Range<usize>) -> &str {
        let (Some(first), Some(last)) = (
            self.words.get(words.start),
            words.end.checked_sub(1).and_then(|it| self.words.get(it)),
        ) else {
            return "";
        };
        let text = self.text.get(first.bytes.start..last.bytes.end);
        text.unwrap_or_default()
    }

    /// Returns `true` if there is no space between a word and the one before it.
    pub(crate) fn is_joined(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|it| self.words.get(it));
        match (before, self.words.get(index)) {
            (Some(before), Some(word)) => before.bytes.end == word.bytes.start,
            _ => false,
        }
    }
}
