//! The tones recogniser: recognises words that sound as [`ToneSpeech`] makes them.
//!
//! Its words depend on the content of the audio only, not on the session, so a test can tell which
//! words of a recording were lost or were heard twice. It is deterministic and needs no library.

mod alphabet;
mod detector;
mod speech;
#[cfg(test)]
mod tests;

use std::{ops::Range, sync::Arc};

pub use self::{
    alphabet::TONE_WORDS,
    speech::{ToneSpeech, ToneWord},
};
use self::{alphabet::WORD_MS, detector::ToneDetector};
use super::{
    interface::{RecognisedWord, Recogniser, RecogniserKind, RecogniserSource},
    script::{self, ScriptWord},
};

/// The texts of the words.
pub(crate) struct TonesSource {
    /// The words by number. Words beyond its end are `w` and their number.
    texts: Arc<[ScriptWord]>,
}

impl TonesSource {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            texts: script::parse(text).into(),
        }
    }
}

impl RecogniserSource for TonesSource {
    fn kind(&self) -> RecogniserKind {
        RecogniserKind::Tones
    }

    fn open(&self, rate_hz: u32) -> Result<Box<dyn Recogniser>, String> {
        Ok(Box::new(TonesRecogniser {
            texts: Arc::clone(&self.texts),
            detector: ToneDetector::new(rate_hz),
            rate_hz: u64::from(rate_hz),
            turn_samples: 0,
            turn: Vec::new(),
            sounding: None,
        }))
    }

    fn needs_thread(&self) -> bool {
        false
    }
}

/// The recogniser of one session.
struct TonesRecogniser {
    texts: Arc<[ScriptWord]>,
    detector: ToneDetector,
    rate_hz: u64,
    /// Samples of this turn so far.
    turn_samples: u64,
    turn: Vec<RecognisedWord>,
    /// The word that sounds now, or did a moment ago.
    sounding: Option<SoundingWord>,
}

/// A word that is being heard.
struct SoundingWord {
    number: u32,
    /// The part of this turn in which it was heard, in samples.
    heard: Range<u64>,
    /// Samples heard in the turn before, if that ended within the word.
    heard_before: u64,
    /// Where it was reported.
    reported: Reported,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reported {
    /// Too little of it was heard so far.
    No,
    /// It is the last word of this turn.
    InThisTurn,
    InTheTurnBefore,
}

impl TonesRecogniser {
    fn ms(&self, samples: u64) -> u64 {
        samples * 1_000 / self.rate_hz
    }

    fn samples(&self, ms: u64) -> u64 {
        ms * self.rate_hz / 1_000
    }

    /// Adds a frame in which this word sounds.
    fn hear(&mut self, number: u32, frame: Range<u64>) {
        match &mut self.sounding {
            Some(word) if word.number == number => word.heard.end = frame.end,
            _ => {
                self.end_word();
                self.sounding = Some(SoundingWord {
                    number,
                    heard: frame,
                    heard_before: 0,
                    reported: Reported::No,
                });
            }
        }
        self.report();
    }

    /// Reports the sounding word if at least half of it was heard.
    fn report(&mut self) {
        let half = self.samples(WORD_MS / 2);
        let Some(word) = &mut self.sounding else {
            return;
        };
        let (start, end) = (word.heard.start, word.heard.end);
        if word.reported == Reported::No && word.heard_before + (end - start) >= half {
            word.reported = Reported::InThisTurn;
            let text = self.texts.get(word.number as usize).cloned();
            let ScriptWord { text, voice } = text.unwrap_or_else(|| ScriptWord {
                text: format!("w{}", word.number),
                ..ScriptWord::default()
            });
            self.turn.push(RecognisedWord {
                text,
                voice,
                start_ms: start * 1_000 / self.rate_hz,
                end_ms: 0,
                confidence: 0.6,
                settled: false,
            });
        }
        if word.reported == Reported::InThisTurn
            && let Some(last) = self.turn.last_mut()
        {
            last.end_ms = end * 1_000 / self.rate_hz;
        }
    }

    /// Ends the sounding word and makes it final.
    fn end_word(&mut self) {
        if let Some(SoundingWord {
            reported: Reported::InThisTurn,
            ..
        }) = self.sounding.take()
        {
            self.settle_last();
        }
    }

    fn settle_last(&mut self) {
        if let Some(word) = self.turn.last_mut() {
            word.settled = true;
            word.confidence = 0.95;
        }
    }
}

impl Recogniser for TonesRecogniser {
    fn begin_turn(&mut self) {
        self.turn_samples = 0;
        self.turn.clear();
    }

    fn process(&mut self, samples: &[i16], _voiced: bool) {
        let start = self.turn_samples;
        self.turn_samples += samples.len() as u64;
        let hole_ms = self
            .sounding
            .as_ref()
            .map_or(0, |word| self.ms(start.saturating_sub(word.heard.end)));
        if hole_ms > MAX_HOLE_MS {
            self.end_word();
        }
        if let Some(number) = self.detector.word_in(samples) {
            self.hear(number, start..self.turn_samples);
        }
    }

    fn words(&mut self) -> Result<Vec<RecognisedWord>, String> {
        Ok(self.turn.clone())
    }

    fn finish_turn(&mut self) -> Result<Vec<RecognisedWord>, String> {
        self.settle_last();
        // The rest of a word that this turn ended in is not another word of the next turn.
        if let Some(word) = &mut self.sounding {
            word.heard_before += word.heard.end - word.heard.start;
            word.heard = 0..0;
            if word.reported == Reported::InThisTurn {
                word.reported = Reported::InTheTurnBefore;
            }
        }
        Ok(std::mem::take(&mut self.turn))
    }
}

/// A word goes on after a hole of up to this time: browsers repeat or lose blocks of 10 or 20 ms on
/// a busy machine. Pauses between words are longer.
const MAX_HOLE_MS: u64 = 40;
