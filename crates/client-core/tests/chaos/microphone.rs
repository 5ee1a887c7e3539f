//! The microphone: its blocks come in real time, with jitter and stalls.

use super::script::{SAMPLES_PER_MS, Script};

/// A microphone. Times are in microseconds of the virtual clock.
#[derive(Debug)]
pub(crate) struct Microphone {
    pub(crate) script: Script,
    pub(crate) block: Vec<f32>,
    pub(crate) jitter_us: u64,
    /// When the block that comes next is full.
    pub(crate) full_at: u64,
    /// When the last block came.
    pub(crate) last_at: u64,
    pub(crate) late_until: u64,
    pub(crate) is_on: bool,
    /// Number of samples that the recorder got.
    pub(crate) captured: u64,
    /// How many of them are speech.
    pub(crate) speech: u64,
    spoken_words: usize,
}

impl Microphone {
    pub(crate) fn new(script: Script, block: u64, jitter_ms: u64) -> Self {
        Self {
            script,
            block: vec![0.0; block as usize],
            jitter_us: jitter_ms * 1_000,
            full_at: 0,
            last_at: 0,
            late_until: 0,
            is_on: false,
            captured: 0,
            speech: 0,
            spoken_words: 0,
        }
    }

    /// Delivers nothing until `until`, then everything.
    pub(crate) fn delay(&mut self, until: u64) {
        self.late_until = until;
    }

    /// Captures nothing for `us`.
    pub(crate) fn pause(&mut self, us: u64) {
        self.full_at += us;
    }

    pub(crate) fn block_us(&self) -> u64 {
        self.block.len() as u64 * 1_000 / SAMPLES_PER_MS
    }

    /// Counts a block of speech.
    pub(crate) fn count(&mut self) {
        let from = self.captured;
        self.captured += self.block.len() as u64;
        let words = &self.script.words;
        while let Some(word) = words.get(self.spoken_words) {
            let (start, end) = (word.start.max(from), word.end.min(self.captured));
            self.speech += end.saturating_sub(start);
            if word.end > self.captured {
                break;
            }
            self.spoken_words += 1;
        }
    }
}
