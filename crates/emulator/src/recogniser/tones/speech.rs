//! Generates the sound that the recogniser `tones` understands.

use std::{f64::consts::TAU, ops::Range};

use super::alphabet::{self, BANDS, TONE_WORDS, WORD_MS};

/// Words as tones, for [`RecogniserChoice::Tones`](crate::RecogniserChoice::Tones).
///
/// ```
/// use inturn_emulator::ToneSpeech;
///
/// let speech = ToneSpeech::new(0..100, 44_100).with_turns_of(10, 1_500);
/// assert_eq!(speech.words()[10].start_ms, 10 * 400 - 120 + 1_500);
/// assert!(speech.samples().len() > 44_100 * 40);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToneSpeech {
    numbers: Range<u32>,
    rate_hz: u32,
    pause_ms: u64,
    words_in_turn: u32,
    turn_pause_ms: u64,
}

/// A word of a [`ToneSpeech`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToneWord {
    /// Its number, from 0 to [`TONE_WORDS`] − 1.
    pub number: u32,
    /// Start time.
    pub start_ms: u64,
    /// End time.
    pub end_ms: u64,
}

impl ToneSpeech {
    /// Creates speech of the words with these numbers, with a pause of 120 ms after each. Numbers
    /// from [`TONE_WORDS`] on sound like those from 0 on.
    pub fn new(numbers: Range<u32>, rate_hz: u32) -> Self {
        Self {
            numbers,
            rate_hz,
            pause_ms: PAUSE_MS,
            words_in_turn: u32::MAX,
            turn_pause_ms: PAUSE_MS,
        }
    }

    /// Sets the pause after each word. Under 80 ms, two equal words in a row can become one.
    #[must_use]
    pub fn with_pauses_of(mut self, pause_ms: u64) -> Self {
        self.pause_ms = pause_ms;
        self
    }

    /// Replaces the pause after every `words` words by a longer one, at which a turn ends.
    #[must_use]
    pub fn with_turns_of(mut self, words: u32, pause_ms: u64) -> Self {
        self.words_in_turn = words.max(1);
        self.turn_pause_ms = pause_ms;
        self
    }

    /// Returns the sample rate.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Returns the words with their times.
    pub fn words(&self) -> Vec<ToneWord> {
        let mut words = Vec::with_capacity(self.numbers.len());
        let mut start_ms = 0;
        for (index, number) in self.numbers.clone().enumerate() {
            let end_ms = start_ms + WORD_MS;
            words.push(ToneWord {
                number: number % TONE_WORDS,
                start_ms,
                end_ms,
            });
            start_ms = end_ms + self.pause_after(index);
        }
        words
    }

    /// Returns the samples, from −1 to 1. The last word has its pause too.
    pub fn samples(&self) -> Vec<f32> {
        let words = self.words();
        let total_ms = match words.last() {
            None => 0,
            Some(last) => last.end_ms + self.pause_after(words.len() - 1),
        };
        let mut samples = vec![0.0; self.sample_at(total_ms)];
        for word in words {
            let (start, end) = (self.sample_at(word.start_ms), self.sample_at(word.end_ms));
            self.write_word(word.number, &mut samples[start..end]);
        }
        samples
    }

    fn write_word(&self, number: u32, samples: &mut [f32]) {
        let digits = alphabet::digits(number);
        let rate_hz = f64::from(self.rate_hz);
        let (length, ramp) = (samples.len(), self.sample_at(RAMP_MS).max(1));
        for (index, sample) in samples.iter_mut().enumerate() {
            let chord: f64 = (0..BANDS)
                .map(|band| {
                    let hz = alphabet::frequency_hz(band, digits[band]);
                    (TAU * hz * index as f64 / rate_hz).sin()
                })
                .sum();
            let from_edge = index.min(length - 1 - index).min(ramp);
            let gain = 0.5 - 0.5 * (TAU / 2.0 * from_edge as f64 / ramp as f64).cos();
            *sample = (chord * gain * AMPLITUDE) as f32;
        }
    }

    fn pause_after(&self, index: usize) -> u64 {
        if (index as u64 + 1).is_multiple_of(u64::from(self.words_in_turn)) {
            self.turn_pause_ms
        } else {
            self.pause_ms
        }
    }

    fn sample_at(&self, ms: u64) -> usize {
        (ms * u64::from(self.rate_hz) / 1_000) as usize
    }
}

/// Long enough to part two equal words, and far too short for the end of a turn.
const PAUSE_MS: u64 = 120;
/// Long enough that the beginning and the end of a word don't click.
const RAMP_MS: u64 = 5;
/// Amplitude of each tone. All three together stay under full scale.
const AMPLITUDE: f64 = 0.25;
