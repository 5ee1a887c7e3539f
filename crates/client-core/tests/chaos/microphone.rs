//! The microphone: its blocks come in real time, with jitter and stalls.

use inturn_client_core::session::Input;

use super::{
    script::{SAMPLES_PER_MS, Script},
    shell::{Scheduled, Simulation},
};

/// A microphone. Times are in microseconds of the virtual clock.
#[derive(Debug)]
pub(crate) struct Microphone {
    script: Script,
    block: Vec<f32>,
    jitter_us: u64,
    /// When the block that comes next is full.
    full_at: u64,
    /// When the last block came.
    last_at: u64,
    late_until: u64,
    is_on: bool,
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

    fn block_us(&self) -> u64 {
        self.block.len() as u64 * 1_000 / SAMPLES_PER_MS
    }

    /// Counts a block of speech.
    fn count(&mut self) {
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

impl Simulation {
    pub(crate) fn open_microphone(&mut self) {
        self.microphone.is_on = true;
        self.microphone.full_at = self.now;
        self.schedule_block();
    }

    fn schedule_block(&mut self) {
        let jitter = self.random.range(0, self.microphone.jitter_us);
        let microphone = &mut self.microphone;
        microphone.full_at += microphone.block_us();
        let at = (microphone.full_at + jitter).max(microphone.late_until);
        microphone.last_at = microphone.last_at.max(at);
        let at = microphone.last_at;
        self.at_time(at, Scheduled::Block);
    }

    pub(crate) fn on_block(&mut self) {
        // A pause may have begun since the block was scheduled.
        if !self.microphone.is_on {
            return;
        }
        self.deliver();
        self.schedule_block();
    }

    fn deliver(&mut self) {
        let mut block = std::mem::take(&mut self.microphone.block);
        self.microphone.script.fill(&mut block);
        self.handle(Input::Block {
            planar: &block,
            channels: 1,
        });
        self.microphone.block = block;
        self.microphone.count();
        self.watch.check_live(self.microphone.speech);
    }

    /// Delivers what is already captured, then the end.
    pub(crate) fn close_microphone(&mut self) {
        if !std::mem::replace(&mut self.microphone.is_on, false) {
            return;
        }
        self.watch.on_microphone_closed();
        let ms = self.random.range(5, 150);
        self.at(ms, Scheduled::AudioEnded);
    }

    /// Delivers the blocks that were full when the microphone was turned off.
    pub(crate) fn deliver_rest(&mut self) {
        while self.microphone.full_at <= self.now {
            self.deliver();
            self.microphone.full_at += self.microphone.block_us();
        }
    }
}
