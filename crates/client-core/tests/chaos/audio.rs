//! The delivery of the microphone's blocks to the recorder.

use inturn_client_core::session::{Input, State};

use super::{
    microphone::Power,
    script::SAMPLES_PER_MS,
    shell::{Scheduled, Simulation},
};

impl Simulation {
    pub(crate) fn schedule_block(&mut self) {
        let jitter = self.random.range(0, self.microphone.jitter_us());
        if let Some(at) = self.microphone.next_at(jitter) {
            self.at_time(at, Scheduled::Block(self.microphone.number));
        }
    }

    pub(crate) fn on_block(&mut self, number: u64) {
        // The microphone may have been turned off since the block was scheduled.
        if self.microphone.power != Power::On || self.microphone.number != number {
            return;
        }
        // It may have been stopped since.
        if self.microphone.full_at().is_some_and(|it| it <= self.now) {
            self.deliver();
        }
        if self.microphone.number == number {
            self.schedule_block();
        }
    }

    fn deliver(&mut self) {
        let Some((block, part)) = self.microphone.take_block(self.now) else {
            return;
        };
        let before_ms = self.timeline_ms();
        self.handle(Input::Block {
            planar: &block,
            channels: 1,
        });
        // The recorder may put off a block after a stop.
        let end_ms = part.1 / SAMPLES_PER_MS;
        let after_ms = self.timeline_ms();
        let is_taken = after_ms > before_ms;
        let offset_ms = is_taken.then_some(after_ms as i64 - end_ms as i64);
        self.microphone.put_back(block);
        self.microphone.count(part, offset_ms);
        self.watch.check_live(self.microphone.speech);
    }

    fn timeline_ms(&self) -> u64 {
        self.recorder.recording().captured().ms().into()
    }

    /// Delivers what is already captured, then the end.
    pub(crate) fn close_microphone(&mut self) {
        match self.microphone.power {
            Power::On => {
                self.microphone.power = Power::Closing;
                let ms = self.random.range(5, 150);
                self.at(ms, Scheduled::AudioEnded(self.microphone.number));
            }
            // The request is cancelled.
            Power::Requested | Power::Off => self.microphone.power = Power::Off,
            Power::Closing => self.watch.fail("turns the microphone off twice"),
        }
    }

    /// Delivers the blocks that were full when the microphone was turned off, and the end.
    pub(crate) fn on_audio_ended(&mut self, number: u64) {
        if self.microphone.number != number {
            return;
        }
        while self.microphone.full_at().is_some_and(|it| it <= self.now) {
            self.deliver();
        }
        // The last blocks may have come after another interruption.
        self.microphone.interruption.is_pause |= self.watch.state() == State::Paused;
        self.microphone.stream = None;
        self.microphone.power = Power::Off;
        self.handle(Input::AudioEnded);
    }
}
