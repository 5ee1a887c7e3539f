//! The open turn: which piece of it is recognised next, and which of its words are settled.
//!
//! Everything depends on the audio alone, so a recording always gives the same words.

mod pace;
mod piece;
mod sentences;

use inturn_moonshine::{SAMPLE_RATE_HZ, pipe::Line};

use self::{
    pace::Pace,
    piece::{Piece, frames, frames_ms},
    sentences::{Sentences, letters},
};
use super::{install::Language, word_times::spread};
use crate::recogniser::interface::{RecognisedWord, Voice};

/// The turn of a session.
pub(super) struct Turn {
    language: Language,
    /// Words of the pieces that are not recognised again, and of the open piece those that no
    /// longer change.
    settled: Vec<RecognisedWord>,
    /// The other words of the open piece.
    open: Vec<RecognisedWord>,
    /// Texts of the words in earlier results for the open piece, the newest first.
    results: [Vec<String>; 2],
    /// Length of the piece in the newest of them, in frames.
    compared: usize,
    piece: Piece,
    /// How many of the settled words are in the open piece.
    settled_in_piece: usize,
    pace: Pace,
    sentences: Sentences,
}

impl Turn {
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            settled: Vec::new(),
            open: Vec::new(),
            results: Default::default(),
            compared: 0,
            piece: Piece::default(),
            settled_in_piece: 0,
            pace: Pace::new(),
            sentences: Sentences::default(),
        }
    }

    /// Begins a new turn.
    pub(super) fn begin(&mut self) {
        *self = Self::new(self.language.take());
    }

    /// Adds a frame of 10 ms.
    pub(super) fn push(&mut self, samples: &[i16], voiced: bool) {
        self.piece.push(samples, voiced);
        self.pace.push(voiced);
    }

    /// Returns the words so far. Calls `transcribe` if there is enough new audio.
    pub(super) fn words(
        &mut self,
        mut transcribe: impl FnMut(&[i16]) -> Result<Vec<Line>, String>,
    ) -> Result<Vec<RecognisedWord>, String> {
        self.settle_piece(&mut transcribe)?;
        let length = self.piece.voiced.len();
        if self.pace.is_due(length) && self.piece.voice() >= MIN_VOICED_FRAMES {
            let lines = transcribe(&self.piece.samples)?;
            self.pace.recognised(length, 0);
            self.sentences.learn(&lines);
            self.open = self.after_settled(self.heard(&lines));
            self.settle_stable();
        }
        let mut open = self.open.clone();
        if let Some(last) = open.last_mut() {
            // The library ends each piece like a sentence. The turn would end at the next pause.
            let ends = last.text.trim_end_matches(['.', '!', '?', ',']).len();
            last.text.truncate(ends);
        }
        Ok(self.settled.iter().cloned().chain(open).collect())
    }

    /// Ends the turn, and returns its words.
    pub(super) fn finish(
        &mut self,
        mut transcribe: impl FnMut(&[i16]) -> Result<Vec<Line>, String>,
    ) -> Result<Vec<RecognisedWord>, String> {
        self.settle_piece(&mut transcribe)?;
        if self.piece.samples.len() >= MIN_SAMPLES {
            let lines = transcribe(&self.piece.samples)?;
            let rest = self.after_settled(self.heard(&lines));
            self.settle(rest);
        }
        let words = std::mem::take(&mut self.settled);
        self.begin();
        Ok(words)
    }

    /// If the piece is long, settles its first part: up to the last pause, or to the softest place.
    fn settle_piece(
        &mut self,
        mut transcribe: impl FnMut(&[i16]) -> Result<Vec<Line>, String>,
    ) -> Result<(), String> {
        let Some(cut) = self.piece.cut() else {
            return Ok(());
        };
        let end = self.piece.samples_until(cut.frame);
        let lines = transcribe(&self.piece.samples[..end])?;
        let end_ms = self.piece.start_ms + frames_ms(cut.frame);
        let heard = self.heard(&lines);
        let after = self.settled_after(&heard, end_ms);
        let mut words = self.after_settled(heard);
        if let Some(last) = words.last_mut() {
            self.sentences.end_part(&mut last.text, cut.pause);
        }
        self.settle(words);
        self.settled_in_piece = after;
        let before = self.settled.iter().rev().nth(after);
        self.sentences
            .begin_piece(before.map(|word| word.text.clone()));
        self.piece.remove_first(cut.frame);
        self.pace.recognised(cut.frame, self.piece.voice());
        self.open.clear();
        self.results = Default::default();
        self.compared = 0;
        Ok(())
    }

    /// Returns the words of a result for the open piece.
    fn heard(&self, lines: &[Line]) -> Vec<RecognisedWord> {
        let words = lines.iter().enumerate().flat_map(|(index, line)| {
            let before = index.checked_sub(1).map(|index| lines[index].text.as_str());
            let frames = frames(line.start_ms)..frames(line.end_ms);
            let words = spread(&line.text, frames, &self.piece.voiced).into_iter();
            words.enumerate().map(move |(index, (text, frames))| {
                let text = match index {
                    0 if self.language.is_none() => self.sentences.first_of_line(text, before),
                    _ => text.to_owned(),
                };
                (text, frames)
            })
        });
        let words = words.map(|(text, frames)| RecognisedWord {
            text,
            start_ms: self.piece.start_ms + frames_ms(frames.start),
            end_ms: self.piece.start_ms + frames_ms(frames.end),
            confidence: CONFIDENCE,
            settled: false,
            voice: Voice {
                language: self.language.clone(),
                ..Voice::default()
            },
        });
        words.collect()
    }

    /// Returns the words that follow the settled ones. Usually a result repeats these. If not, what
    /// is settled stays, and the times decide which words come after it.
    fn after_settled(&self, mut heard: Vec<RecognisedWord>) -> Vec<RecognisedWord> {
        let before = self.settled_in_piece();
        let end_ms = self.settled.last().map_or(0, |word| word.end_ms);
        if repeats(before, &heard) {
            heard.drain(..before.len().min(heard.len()));
        } else {
            heard.retain(|word| middle(word) >= end_ms);
        }
        move_after(&mut heard, end_ms);
        heard
    }

    /// Returns how many of the settled words come after the first part of the piece, in which
    /// `heard` was recognised and which ends at `end_ms`.
    fn settled_after(&self, heard: &[RecognisedWord], end_ms: u64) -> usize {
        let before = self.settled_in_piece();
        if repeats(before, heard) {
            return before.len().saturating_sub(heard.len());
        }
        let is_after = |word: &&RecognisedWord| middle(word) >= end_ms;
        before.iter().rev().take_while(is_after).count()
    }

    fn settled_in_piece(&self) -> &[RecognisedWord] {
        &self.settled[self.settled.len() - self.settled_in_piece..]
    }

    /// Settles the words that this result and the earlier ones agree on, except for the last ones.
    fn settle_stable(&mut self) {
        let texts: Vec<String> = self.open.iter().map(|word| word.text.clone()).collect();
        let agreed = texts.iter().enumerate().take_while(|(index, text)| {
            let agrees =
                |result: &Vec<String>| result.get(*index).is_some_and(|it| is_same(it, text));
            self.results.iter().all(agrees)
        });
        let stable = agreed
            .count()
            .min(texts.len().saturating_sub(UNSTABLE_WORDS));
        let open = self.open.split_off(stable);
        let words = std::mem::replace(&mut self.open, open);
        self.settle(words);
        let length = self.piece.voiced.len();
        if length >= self.compared + COMPARED_FRAMES {
            self.compared = length;
            let [newest, older] = &mut self.results;
            std::mem::swap(newest, older);
            *newest = texts;
        }
        for result in &mut self.results {
            result.drain(..stable.min(result.len()));
        }
    }

    fn settle(&mut self, words: Vec<RecognisedWord>) {
        self.settled_in_piece += words.len();
        let words = words.into_iter();
        self.settled.extend(words.map(|word| RecognisedWord {
            settled: true,
            ..word
        }));
    }
}

/// Moves words so that they begin at `end_ms` or later. As few words as possible share the time up
/// to the first word that is late enough.
fn move_after(words: &mut [RecognisedWord], end_ms: u64) {
    if words.first().is_none_or(|word| word.start_ms >= end_ms) {
        return;
    }
    let fits = |(index, word): (usize, &RecognisedWord)| {
        word.end_ms >= end_ms + (index as u64 + 1) * MIN_WORD_MS
    };
    let last = words
        .iter()
        .enumerate()
        .position(fits)
        .unwrap_or(words.len() - 1);
    let count = last as u64 + 1;
    let time = words[last]
        .end_ms
        .saturating_sub(end_ms)
        .max(count * MIN_WORD_MS);
    for (index, word) in (0_u64..).zip(&mut words[..=last]) {
        word.start_ms = end_ms + index * time / count;
        word.end_ms = end_ms + (index + 1) * time / count;
    }
}

/// Whether the words of a result are those before them, as far as both go.
fn repeats(before: &[RecognisedWord], heard: &[RecognisedWord]) -> bool {
    let mut pairs = before.iter().zip(heard);
    pairs.all(|(a, b)| is_same(&a.text, &b.text))
}

/// Compares words without capitals and punctuation, which change with the words that follow.
fn is_same(a: &str, b: &str) -> bool {
    letters(a) == letters(b)
}

fn middle(word: &RecognisedWord) -> u64 {
    u64::midpoint(word.start_ms, word.end_ms)
}

/// With less voice, nothing is recognised before the turn ends: 0.25 s. The library finds words in
/// shorter noises, and then none in the whole turn.
const MIN_VOICED_FRAMES: usize = 25;

/// A shorter rest of a turn has no word: 0.1 s.
const MIN_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 10;

/// Shortest word: 30 ms.
const MIN_WORD_MS: u64 = 30;

/// The words at the end of a piece change most.
const UNSTABLE_WORDS: usize = 3;

/// Results are compared with earlier ones that are at least this much audio apart: 0.8 s. Two
/// results for nearly the same audio have the same mistakes.
const COMPARED_FRAMES: usize = 80;

/// The library reports no confidence. On clean speech, 95 of 100 words are right.
const CONFIDENCE: f64 = 0.95;

#[cfg(test)]
mod tests;
