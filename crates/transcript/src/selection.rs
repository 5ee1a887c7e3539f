//! A part of a document, as a document.

use std::ops::Range;

use crate::{
    correction::{Correction, CorrectionId},
    document::{Document, Part},
    edits::Edits,
    entry::{Entry, EntryId},
    reading::Reading,
    recording::RecordingId,
    transcript::Transcript,
    turn::Turn,
    words::Words,
};

/// A place between two words of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The recording.
    pub recording: RecordingId,
    /// The entry.
    pub entry: EntryId,
    /// The number of words before the place, as shown in the entry. [`Place::END`] for its end.
    pub word: usize,
}

impl Place {
    /// After the last word of an entry.
    pub const END: usize = usize::MAX;
}

impl Document {
    /// Returns a document with only the words and gaps from `from` to `to`. A correction that is
    /// partly in the selection is in it as a whole. A gap is in it if the selection includes or
    /// begins or ends with it. Returns an empty document if one of the places does not exist, or if
    /// they are in the wrong order.
    pub fn selected(&self, from: Place, to: Place) -> Self {
        let title = self.title().to_owned();
        let at = |place: Place| {
            let mut parts = self.parts().iter();
            let part = parts.position(|it| it.info.id == place.recording)?;
            let mut entries = self.parts()[part].transcript.entries().iter();
            Some((part, entries.position(|it| it.id() == place.entry)?))
        };
        let (Some(first), Some(last)) = (at(from), at(to)) else {
            return Self::from_parts(title, Vec::new());
        };
        let mut parts = Vec::new();
        for (part_at, part) in self.parts().iter().enumerate() {
            if part_at < first.0 || part_at > last.0 {
                continue;
            }
            let words_of = |entry_at: usize| {
                let start = if (part_at, entry_at) == first {
                    from.word
                } else {
                    0
                };
                let end = if (part_at, entry_at) == last {
                    to.word
                } else {
                    Place::END
                };
                let at = (part_at, entry_at);
                (first <= at && at <= last).then_some(start..end)
            };
            parts.push(selected_part(part, words_of));
        }
        Self::from_parts(title, parts)
    }
}

/// Returns `part` with only the words that `words_of` returns for the entry at an index.
fn selected_part(part: &Part, words_of: impl Fn(usize) -> Option<Range<usize>>) -> Part {
    let transcript = &part.transcript;
    let mut edits = Edits::default();
    for name in transcript.edits().names() {
        edits.name_speaker(name);
    }
    let mut entries = Vec::new();
    for (at, entry) in transcript.entries().iter().enumerate() {
        let Some(words) = words_of(at) else {
            continue;
        };
        match entry {
            Entry::Gap(_) => entries.push(entry.clone()),
            Entry::Turn(turn) => {
                let corrections = transcript.shown_corrections(turn);
                if let Some((turn, corrections)) = selected_turn(turn, &corrections, words) {
                    edits.correct(turn.id, &corrections);
                    entries.push(Entry::Turn(turn));
                }
            }
        }
    }
    let sessions = transcript.sessions().to_vec();
    // They keep the order of the turns.
    let gaps = transcript.gap_starts().to_vec();
    Part {
        info: part.info,
        transcript: Transcript::from_parts(sessions, gaps, entries, edits),
        length_ms: part.length_ms,
    }
}

fn selected_turn(
    turn: &Turn,
    corrections: &[(CorrectionId, Correction)],
    words: Range<usize>,
) -> Option<(Turn, Vec<Correction>)> {
    let shown = Reading::new(turn, corrections);
    let len = shown.words.len();
    let words = words.start.min(len)..words.end.min(len);
    if words == (0..len) {
        let corrections = corrections.iter().map(|it| it.1.clone());
        return Some((turn.clone(), corrections.collect()));
    }
    let selected = shown.words.get(words)?;
    let mut from = selected.first()?.base.start;
    let mut to = selected.iter().map(|it| it.base.end).max()?;
    let base = Reading::new(turn, &[]);
    if from == to {
        // Only words that a person has added. A turn has at least one word of its own.
        to = (to + 1).min(base.words.len());
        from = from.min(to.saturating_sub(1));
    }
    let kept = base.words.get(from..to)?;
    let source = kept.first()?.source.start..kept.last()?.source.end;
    let mut kept_words = Words::default();
    for word in turn.words.iter().take(source.end).skip(source.start) {
        kept_words.push(word);
    }
    let text = base.text_of(from..to);
    let text = (text != kept_words.text()).then(|| text.to_owned());
    let corrections = selected_corrections(&shown, &base, corrections, from..to);
    // It keeps its start, which decides between which gaps it is.
    let selected = Turn {
        firm_words: (turn.firm_words as usize)
            .saturating_sub(source.start)
            .min(kept_words.len()) as u32,
        words: kept_words,
        text,
        ..turn.clone()
    };
    Some((selected, corrections))
}

/// Returns the corrections in the words `selected` of the uncorrected reading `base`, with their
/// places among these words.
fn selected_corrections(
    shown: &Reading<'_>,
    base: &Reading<'_>,
    corrections: &[(CorrectionId, Correction)],
    selected: Range<usize>,
) -> Vec<Correction> {
    let mut result: Vec<Correction> = Vec::new();
    // A word that words which a person has added were put to.
    let mut joined = None;
    let places = shown.corrections.iter().map(|it| &it.1);
    for (place, (_, correction)) in places.zip(corrections) {
        if place.start < selected.start || place.end > selected.end {
            continue;
        }
        let mut place = place.clone();
        let mut correction = correction.clone();
        // Words that a person has added go with the word before or after them.
        if place.is_empty() {
            let is_free = |at: &usize| {
                let mut places = shown.corrections.iter();
                selected.contains(at) && !places.any(|it| it.1.contains(at))
            };
            let before = place.start.checked_sub(1).filter(is_free);
            let after = Some(place.start).filter(is_free);
            if let (Some(last), true) = (result.last_mut(), before.is_some() && before == joined) {
                last.text = [&last.text, " ", &correction.text].concat();
                continue;
            }
            if let (Some(last), true) = (result.last_mut(), after.is_some() && after == joined) {
                let word = base.word(place.start);
                let added = last.text.strip_suffix(word).unwrap_or(&last.text);
                last.text = [added, &correction.text, " ", word].concat();
                continue;
            }
            if let Some(at) = before {
                correction.text = [base.word(at), " ", &correction.text].concat();
            } else if let Some(at) = after {
                correction.text = [&correction.text, " ", base.word(at)].concat();
            }
            joined = before.or(after);
            if let Some(at) = joined {
                place = at..at + 1;
            }
        }
        correction.first = (place.start - selected.start) as u32;
        if !place.is_empty() {
            correction.count = place.len() as u32;
            base.text_of(place).clone_into(&mut correction.original);
        }
        result.push(correction);
    }
    result
}
