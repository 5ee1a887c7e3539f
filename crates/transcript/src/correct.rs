//! Making and undoing corrections.

use std::ops::Range;

use crate::{
    change::Change,
    correction::{Correction, CorrectionId},
    reading::Reading,
    transcript::Transcript,
    turn::TurnId,
};

impl Transcript {
    /// Returns the change that replaces some words of a turn, as they are shown, with `text`. The
    /// original text removes the correction. Returns `None` if there are no such words, or if
    /// nothing changes.
    pub fn correction(&self, turn: TurnId, words: Range<usize>, text: &str) -> Option<Change> {
        let reading = self.reading(turn)?;
        let words = reading.whole_corrections(words)?;
        let mut text = text.trim().to_owned();
        if let Some((before, after)) = words.kept {
            text = joined([before.as_str(), &text, &after]);
        }
        self.replaced(turn, &reading, words.shown, text)
    }

    /// Returns the change that makes `text` the text of a turn. Words that stay the same keep their
    /// own times and confidences. Returns `None` if there is no such turn, or if nothing changes.
    pub fn turn_correction(&self, turn: TurnId, text: &str) -> Option<Change> {
        let reading = self.reading(turn)?;
        let text = joined(text.split_whitespace());
        if text == reading.text() {
            return None;
        }
        if reading.words.is_empty() {
            return self.restored(turn, text);
        }
        let (words, text) = reading.difference(&text)?;
        self.correction(turn, words, text)
    }

    /// Returns the change that undoes a correction. Returns `None` if there is no such correction.
    pub fn undone_correction(&self, id: CorrectionId) -> Option<Change> {
        let turn = id.turn;
        let mut corrections = self.corrections(turn).to_vec();
        if id.index >= corrections.len() {
            return None;
        }
        corrections.remove(id.index);
        Some(Change::Corrected { turn, corrections })
    }

    /// Returns the changes that undo all corrections that a turn shows.
    pub fn undone_corrections(&self, turn: TurnId) -> Vec<Change> {
        let shown = self.turn(turn).map(|it| self.shown_corrections(it));
        let shown = shown.unwrap_or_default();
        let mut changes: Vec<Change> = Vec::new();
        for (at, (id, _)) in shown.iter().enumerate() {
            let turn = id.turn;
            if !shown.iter().take(at).any(|(it, _)| it.turn == turn) {
                let corrections = self.corrections_without(turn, &shown);
                changes.push(Change::Corrected { turn, corrections });
            }
        }
        changes
    }

    /// Returns the corrections that were made in a turn, except those that are shown.
    fn corrections_without(
        &self,
        turn: TurnId,
        shown: &[(CorrectionId, Correction)],
    ) -> Vec<Correction> {
        let all = self.corrections(turn).iter().enumerate();
        let kept = all.filter(|(index, _)| {
            let index = *index;
            !shown.iter().any(|it| it.0 == CorrectionId { turn, index })
        });
        kept.map(|(_, it)| it.clone()).collect()
    }

    /// Returns the change that gives a turn a text again whose words have all been removed.
    fn restored(&self, turn: TurnId, text: String) -> Option<Change> {
        let original = self.turn(turn)?;
        let words = Reading::new(original, &[]).words.len();
        let anchor = self.anchor(turn, 0..words)?;
        let mut corrections = self.corrections_without(turn, &self.shown_corrections(original));
        if text != anchor.original {
            let at = corrections.partition_point(|it| it.first <= anchor.first);
            corrections.insert(at, Correction { text, ..anchor });
        }
        Some(Change::Corrected { turn, corrections })
    }

    fn replaced(
        &self,
        turn: TurnId,
        reading: &Reading<'_>,
        shown: Range<usize>,
        text: String,
    ) -> Option<Change> {
        let old = self.corrections(turn);
        let shown = reading.words.get(shown)?;
        let (first, last) = (shown.first()?, shown.last()?);
        let (from, to) = (first.base.start, first.base.end.max(last.base.end));
        let is_covered = |(id, place): &&(CorrectionId, Range<usize>)| {
            let is_shown = shown.iter().any(|it| it.correction == Some(*id));
            is_shown || (!place.is_empty() && place.start >= from && place.end <= to)
        };
        let covered = reading.corrections.iter().filter(is_covered).map(|it| it.0);
        let covered: Vec<CorrectionId> = covered.collect();
        let index = |index| CorrectionId { turn, index };
        let kept = old.iter().enumerate();
        let kept = kept.filter(|(at, _)| !covered.contains(&index(*at)));
        let mut corrections: Vec<Correction> = kept.map(|(_, it)| it.clone()).collect();
        let anchor = match first.correction {
            // The words that it replaced are gone, so it keeps its place.
            Some(id) if from == to => self.corrections(id.turn).get(id.index)?.clone(),
            _ => self.anchor(turn, from..to)?,
        };
        let new = Correction { text, ..anchor };
        if new.text != new.original {
            // In the order of the words. Sorting would take 1 kB in WebAssembly.
            let before = corrections.iter().rposition(|it| it.first <= new.first);
            corrections.insert(before.map_or(0, |at| at + 1), new);
        }
        if corrections != old {
            return Some(Change::Corrected { turn, corrections });
        }
        // The original text of a correction that was made in another turn.
        let other = covered.into_iter().find(|it| it.turn != turn);
        self.undone_correction(other?)
    }

    /// Returns a correction, without its text, of words of the uncorrected turn.
    fn anchor(&self, turn: TurnId, words: Range<usize>) -> Option<Correction> {
        let base = Reading::new(self.turn(turn)?, &[]);
        let replaced = base.words.get(words.clone())?;
        Some(Correction {
            first: words.start as u32,
            count: words.len() as u32,
            original: base.text_of(words).to_owned(),
            start_ms: replaced.first()?.start_ms,
            end_ms: replaced.iter().map(|it| it.end_ms).max()?,
            text: String::new(),
        })
    }
}

/// Words to replace, and the text of the same corrections around them.
struct Replaced {
    shown: Range<usize>,
    kept: Option<(String, String)>,
}

impl Reading<'_> {
    /// Widens `words` so that it contains no correction in part.
    fn whole_corrections(&self, words: Range<usize>) -> Option<Replaced> {
        let inner = self.words.get(words.clone())?;
        let (first, last) = (inner.first()?.correction, inner.last()?.correction);
        let mut shown = words.clone();
        while first.is_some() && shown.start > 0 && self.words[shown.start - 1].correction == first
        {
            shown.start -= 1;
        }
        while last.is_some()
            && self
                .words
                .get(shown.end)
                .is_some_and(|it| it.correction == last)
        {
            shown.end += 1;
        }
        let kept = (shown != words).then(|| {
            let before = self.text_of(shown.start..words.start).to_owned();
            (before, self.text_of(words.end..shown.end).to_owned())
        });
        Some(Replaced { shown, kept })
    }

    /// Returns the words that `new` changes, and the text in their place.
    fn difference<'t>(&self, new: &'t str) -> Option<(Range<usize>, &'t str)> {
        let old = self.text();
        let same = |pair: &(u8, u8)| pair.0 == pair.1;
        let before = old.bytes().zip(new.bytes()).take_while(same).count();
        // A word is the same if the text is the same up to the word after it.
        let starts = self.words.iter().skip(1).map(|it| it.bytes.start);
        let mut first = starts.take_while(|start| *start <= before).count();
        let room = old.len().min(new.len());
        let pairs = old.bytes().rev().zip(new.bytes().rev());
        let after = pairs.take_while(same).count();
        let ends = self.words.iter().rev().skip(1).map(|it| it.bytes.end);
        let mut kept = ends.take_while(|end| old.len() - end <= after).count();
        let start_of = |at: usize| self.words.get(at).map_or(old.len(), |it| it.bytes.start);
        let end_of = |kept: usize| {
            let last = self.words.len().checked_sub(kept + 1);
            last.and_then(|at| self.words.get(at))
                .map_or(0, |it| it.bytes.end)
        };
        // Both ends may claim the same letters, as in "a a" for "a". At least one word is replaced.
        while kept > 0
            && (first + kept >= self.words.len()
                || start_of(first) + (old.len() - end_of(kept)) > room)
        {
            kept -= 1;
        }
        while first > 0 && start_of(first) + (old.len() - end_of(kept)) > room {
            first -= 1;
        }
        let text = new.get(start_of(first)..new.len() - (old.len() - end_of(kept)))?;
        Some((first..self.words.len() - kept, text))
    }
}

fn joined<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for text in texts.into_iter().filter(|it| !it.is_empty()) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(text);
    }
    joined
}
