//! The open turn: which piece of it is recognised next, and which of its words are settled.
//!
//! Everything depends on the audio alone, so a recording always gives the same words.

use inturn_moonshine::{SAMPLE_RATE_HZ, pipe::Line};

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
    /// Texts of the words in the last results for the open piece, the newest first.
    results: [Vec<String>; 2],
    piece: Piece,
    /// How much of the open piece was recognised the last time, in samples.
    recognised: usize,
}

/// The part of the turn that is recognised again as it grows.
#[derive(Default)]
struct Piece {
    /// Its start, in milliseconds from the start of the turn.
    start_ms: u64,
    samples: Vec<i16>,
    /// Whether each frame of it is voiced.
    voiced: Vec<bool>,
}

impl Turn {
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            settled: Vec::new(),
            open: Vec::new(),
            results: Default::default(),
            piece: Piece::default(),
            recognised: 0,
        }
    }

    /// Begins a new turn.
    pub(super) fn begin(&mut self) {
        *self = Self::new(self.language.take());
    }

    /// Adds a frame of 10 ms.
    pub(super) fn push(&mut self, samples: &[i16], voiced: bool) {
        self.piece.samples.extend_from_slice(samples);
        self.piece.voiced.push(voiced);
    }

    /// Returns the words so far. Calls `transcribe` if there is enough new audio.
    pub(super) fn words(
        &mut self,
        mut transcribe: impl FnMut(&[i16]) -> Result<Vec<Line>, String>,
    ) -> Result<Vec<RecognisedWord>, String> {
        self.settle_piece(&mut transcribe)?;
        let length = self.piece.samples.len();
        // Long pieces are recognised less often, so that each second of audio takes the same work.
        let is_due = length - self.recognised >= MIN_NEW_SAMPLES.max(length / NEW_SHARE);
        if is_due && self.piece.voiced.iter().filter(|it| **it).count() >= MIN_VOICED_FRAMES {
            let lines = transcribe(&self.piece.samples)?;
            self.recognised = length;
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
        self.open.clear();
        self.piece = Piece::default();
        Ok(std::mem::take(&mut self.settled))
    }

    /// If the piece is long, settles its first part: up to the last pause, or to the softest place.
    fn settle_piece(
        &mut self,
        mut transcribe: impl FnMut(&[i16]) -> Result<Vec<Line>, String>,
    ) -> Result<(), String> {
        let Some(cut) = self.piece.cut() else {
            return Ok(());
        };
        let end = self.piece.samples_until(cut);
        let lines = transcribe(&self.piece.samples[..end])?;
        let end_ms = self.piece.start_ms + frames_ms(cut);
        let mut words = self.after_settled(self.heard(&lines));
        words.retain(|word| middle(word) < end_ms);
        self.settle(words);
        self.piece.remove_first(cut);
        self.open.clear();
        self.results = Default::default();
        self.recognised = 0;
        Ok(())
    }

    /// Returns the words of a result for the open piece.
    fn heard(&self, lines: &[Line]) -> Vec<RecognisedWord> {
        let words = lines.iter().flat_map(|line| {
            let frames = frames(line.start_ms)..frames(line.end_ms);
            spread(&line.text, frames, &self.piece.voiced)
        });
        let words = words.map(|(text, frames)| RecognisedWord {
            text: text.to_owned(),
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
        let in_piece = |word: &&RecognisedWord| middle(word) >= self.piece.start_ms;
        let before: Vec<_> = self.settled.iter().filter(in_piece).collect();
        let repeats = heard.len() >= before.len()
            && before
                .iter()
                .zip(&heard)
                .all(|(a, b)| is_same(&a.text, &b.text));
        if repeats {
            heard.drain(..before.len());
        }
        let end_ms = self.settled.last().map_or(0, |word| word.end_ms);
        if !repeats {
            heard.retain(|word| middle(word) >= end_ms);
        }
        move_after(&mut heard, end_ms);
        heard
    }

    /// Settles the words that the last results agree on, except for the last ones.
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
        let [newest, older] = &mut self.results;
        std::mem::swap(newest, older);
        *newest = texts;
        for result in &mut self.results {
            result.drain(..stable.min(result.len()));
        }
    }

    fn settle(&mut self, words: Vec<RecognisedWord>) {
        let words = words.into_iter();
        self.settled.extend(words.map(|word| RecognisedWord {
            settled: true,
            ..word
        }));
    }
}

impl Piece {
    /// Returns the frame up to which a long piece is settled.
    fn cut(&self) -> Option<usize> {
        if self.voiced.len() < SETTLE_FRAMES {
            return None;
        }
        self.last_pause()
            .or_else(|| (self.voiced.len() >= LONGEST_FRAMES).then(|| self.softest()))
    }

    /// Returns the middle of the last pause. It is not at the start, because a short rest would not
    /// be worth the work.
    fn last_pause(&self) -> Option<usize> {
        let mut pauses = self.voiced.chunk_by(|a, b| a == b);
        let mut start = 0;
        let mut last = None;
        for run in &mut pauses {
            let end = start + run.len();
            if !run[0] && run.len() >= PAUSE_FRAMES && end > SETTLE_FRAMES / 3 {
                last = Some(start + run.len() / 2);
            }
            start = end;
        }
        last
    }

    /// Returns the softest place of the last seconds, but not at the end: the word there goes on.
    fn softest(&self) -> usize {
        let end = self.voiced.len() - 50;
        let power = |frame: &usize| {
            let frames = self.samples_until(*frame - 1)..self.samples_until(*frame + 1);
            let squares = self.samples[frames].iter().map(|it| i64::from(*it).pow(2));
            squares.sum::<i64>()
        };
        (end - 350..end).min_by_key(power).unwrap_or(end)
    }

    /// Returns the number of samples before a frame.
    fn samples_until(&self, frame: usize) -> usize {
        (frame * FRAME_SAMPLES).min(self.samples.len())
    }

    fn remove_first(&mut self, frames: usize) {
        self.samples.drain(..self.samples_until(frames));
        self.voiced.drain(..frames);
        self.start_ms += frames_ms(frames);
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

/// Compares words without capitals and punctuation, which change with the words that follow.
fn is_same(a: &str, b: &str) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    letters(a) == letters(b)
}

fn middle(word: &RecognisedWord) -> u64 {
    u64::midpoint(word.start_ms, word.end_ms)
}

fn frames(ms: u32) -> usize {
    ms as usize / FRAME_MS as usize
}

fn frames_ms(frames: usize) -> u64 {
    frames as u64 * FRAME_MS
}

/// Length of the turn engine's frames.
const FRAME_MS: u64 = 10;
const FRAME_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 100;

/// A piece is recognised again after this much new audio: 0.4 s, or a fifth of the piece. That
/// takes about 0.6 of a core for a person who speaks without a pause.
const MIN_NEW_SAMPLES: usize = 4 * SAMPLE_RATE_HZ as usize / 10;
const NEW_SHARE: usize = 5;

/// With less voice, nothing is recognised before the turn ends: 0.25 s. The library finds words in
/// shorter noises, and then none in the whole turn.
const MIN_VOICED_FRAMES: usize = 25;

/// A shorter rest of a turn has no word: 0.1 s.
const MIN_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 10;

/// From 7 s on, a piece is settled up to its last pause. The work for a piece grows faster than its
/// length, and from 15 s on the library misses words.
const SETTLE_FRAMES: usize = 700;
/// A pause between phrases: 0.3 s.
const PAUSE_FRAMES: usize = 30;
/// A piece without a pause is cut at 14 s.
const LONGEST_FRAMES: usize = 1_400;

/// Shortest word: 30 ms.
const MIN_WORD_MS: u64 = 30;

/// The words at the end of a piece change most.
const UNSTABLE_WORDS: usize = 3;

/// The library reports no confidence. On clean speech, 95 of 100 words are right.
const CONFIDENCE: f64 = 0.95;

#[cfg(test)]
mod tests;
