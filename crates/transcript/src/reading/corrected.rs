//! Applies corrections to a reading.

use std::{borrow::Cow, ops::Range};

use super::{
    align::{letters, part_ms},
    shown::{Reading, ShownWord},
};
use crate::correction::{Correction, CorrectionId};

/// A reading that is being put together.
#[derive(Default)]
struct Draft<'a> {
    text: String,
    words: Vec<ShownWord<'a>>,
}

impl<'a> Reading<'a> {
    /// Returns this uncorrected reading with `corrections`.
    pub(super) fn corrected(&self, corrections: &[(CorrectionId, Correction)]) -> Self {
        let mut draft = Draft::default();
        let mut placed = Vec::with_capacity(corrections.len());
        let mut next = 0;
        for (id, correction) in corrections {
            let place = self.locate(correction, next);
            draft.copy(self, next..place.start);
            draft.replace(self, place.clone(), correction, *id);
            next = place.end;
            placed.push((*id, place));
        }
        draft.copy(self, next..self.words.len());
        Self {
            text: Cow::Owned(draft.text),
            words: draft.words,
            corrections: placed,
        }
    }

    /// Finds the words that `correction` replaces, from word `from` on. Another version of the turn
    /// may have more words before them, write them in another way, or no longer have them.
    fn locate(&self, correction: &Correction, from: usize) -> Range<usize> {
        let count = correction.count as usize;
        let expected = correction.first as usize;
        let is_here = |first: &usize| {
            let place = *first..first.saturating_add(count);
            let text = self.text_of(place);
            *first >= from && !text.is_empty() && is_same(text, &correction.original)
        };
        let mut near = (0..=LONGEST_SHIFT).flat_map(|shift| {
            let after = expected.saturating_add(shift);
            expected.checked_sub(shift).into_iter().chain([after])
        });
        if let Some(first) = near.find(is_here) {
            return first..first + count;
        }
        let rest = self.words.get(from..).unwrap_or_default();
        let is_inside = |word: &ShownWord<'_>| {
            let midpoint_ms = word.start_ms.midpoint(word.end_ms);
            (correction.start_ms..=correction.end_ms).contains(&midpoint_ms)
        };
        let first = rest.iter().position(is_inside);
        let last = rest.iter().rposition(is_inside);
        if let (Some(first), Some(last)) = (first, last) {
            return from + first..from + last + 1;
        }
        let is_later = |word: &ShownWord<'_>| word.start_ms >= correction.start_ms;
        let at = from + rest.iter().position(is_later).unwrap_or(rest.len());
        at..at
    }
}

impl<'a> Draft<'a> {
    /// Adds words of `base` as they are.
    fn copy(&mut self, base: &Reading<'a>, words: Range<usize>) {
        for at in words {
            if let Some(word) = base.words.get(at) {
                let bytes = self.push(base.word(at), base.is_joined(at));
                self.words.push(ShownWord {
                    bytes,
                    ..word.clone()
                });
            }
        }
    }

    /// Adds the words of a correction in place of `place` of `base`.
    fn replace(
        &mut self,
        base: &Reading<'a>,
        place: Range<usize>,
        correction: &Correction,
        id: CorrectionId,
    ) {
        let replaced = base.words.get(place.clone()).unwrap_or_default();
        let first = replaced.first();
        let neighbour = first.or_else(|| base.words.get(place.start));
        let neighbour = neighbour.or(base.words.last());
        let start_ms = first.map_or(correction.start_ms, |it| it.start_ms);
        let ends = replaced.iter().map(|it| it.end_ms);
        let end_ms = ends.max().unwrap_or(correction.end_ms).max(start_ms);
        let source = match (first, replaced.last()) {
            (Some(first), Some(last)) => first.source.start..last.source.end,
            _ => 0..0,
        };
        let has_same_count = correction.text.split_whitespace().count() == replaced.len();
        let all = letters(&correction.text);
        let mut passed = 0;
        for (at, text) in correction.text.split_whitespace().enumerate() {
            let is_joined = at == 0 && base.is_joined(place.start);
            let bytes = self.push(text, is_joined);
            let from = passed;
            passed += letters(text);
            let original = replaced.get(at).filter(|_| has_same_count);
            let times = original.map(|it| (it.start_ms, it.end_ms));
            let (start_ms, end_ms) = times.unwrap_or_else(|| {
                let at = |letter| part_ms(start_ms, end_ms, letter, all);
                (at(from), at(passed))
            });
            self.words.push(ShownWord {
                bytes,
                start_ms,
                end_ms,
                confidence: original.or(first).map_or(0.0, |it| it.confidence),
                speaker: original.or(neighbour).and_then(|it| it.speaker),
                is_firm: true,
                correction: Some(id),
                base: place.clone(),
                source: source.clone(),
            });
        }
    }

    /// Adds a word. Returns its place.
    fn push(&mut self, word: &str, is_joined: bool) -> Range<usize> {
        if !is_joined && !self.text.is_empty() {
            self.text.push(' ');
        }
        let from = self.text.len();
        self.text.push_str(word);
        from..self.text.len()
    }
}

/// Compares texts without their ASCII punctuation, spaces and case: the formatted version of a turn
/// differs in these. Other letters would need large tables on the page; for them, the times find
/// the words.
fn is_same(left: &str, right: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = char> {
        text.chars()
            .filter(|it| !it.is_ascii_punctuation() && !it.is_whitespace())
            .map(|it| it.to_ascii_lowercase())
    }
    letters(left).eq(letters(right))
}

/// How many words a correction may move with its text. A far word with the same text is another
/// one, and the times decide.
const LONGEST_SHIFT: usize = 8;
