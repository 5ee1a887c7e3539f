//! The delivery of the microphone's blocks to the recorder.

use inturn_client_core::session::Input;

use super::shell::{Scheduled, Simulation};

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
