//! Opening a microphone, losing it, and holding its sound back.

use inturn_client_core::{
    problem::MicrophoneFailure,
    recording::{RecordingId, RecordingInfo},
    session::{Device, Hold, Input, State},
};

use super::{
    microphone::Power,
    shell::{Scheduled, Simulation},
};

/// How long the person waits until another try to record or to resume, in milliseconds.
const PATIENCE_MS: u64 = 5_000;

impl Simulation {
    /// Does what the recorder wants: releases the microphone, if there is one, and opens one.
    pub(crate) fn request_microphone(&mut self, device: Device) {
        let microphone = &mut self.microphone;
        match microphone.power {
            Power::Off => {}
            Power::On => {
                if microphone.held_until() > self.now {
                    self.watch
                        .fail("opens a microphone again that the system holds");
                }
                microphone.lose();
            }
            Power::Requested => self.watch.fail("opens the microphone twice"),
            Power::Closing => self
                .watch
                .fail("opens the microphone while it is turned off"),
        }
        microphone.number += 1;
        microphone.power = Power::Requested;
        let is_first = microphone.number == 1;
        let number = microphone.number;
        let ms = if is_first {
            30
        } else {
            self.random.range(30, 500)
        };
        self.at(ms, Scheduled::Microphone(number, device));
    }

    pub(crate) fn on_microphone(&mut self, number: u64, device: Device) {
        if self.microphone.power != Power::Requested || self.microphone.number != number {
            return;
        }
        let Some(rate_hz) = self.devices.open(device, self.now) else {
            self.microphone.power = Power::Off;
            let failure = self
                .random
                .pick(&[MicrophoneFailure::Missing, MicrophoneFailure::Busy]);
            self.handle(Input::MicrophoneFailed(failure));
            match self.watch.state() {
                State::Paused => self.at(PATIENCE_MS, Scheduled::Resume),
                // Without a microphone, a recording does not begin.
                State::Idle => self.at(PATIENCE_MS, Scheduled::Record),
                _ => {}
            }
            return;
        };
        let from = self.now.max(self.devices.working_from);
        self.microphone.open(from, rate_hz);
        self.watch.on_resume(self.now);
        self.handle(Input::MicrophoneOpened {
            rate_hz,
            recording: RecordingInfo {
                id: RecordingId(self.plan.seed.into()),
                started_unix_ms: 1,
                utc_offset_min: 60,
            },
        });
        if self.microphone.number == number {
            self.schedule_block();
        }
    }

    /// Disconnects the microphone. In some milliseconds it is back, or another one is there.
    pub(crate) fn disconnect(&mut self, back_ms: u64, other_ms: u64, other_rate_hz: u32) {
        let at = |ms: u64| self.now + ms * 1_000;
        let (back_at, other_at) = (at(back_ms), at(other_ms));
        self.devices.disconnect(back_at, other_at, other_rate_hz);
        if self.microphone.power == Power::On {
            self.microphone.lose();
            self.handle(Input::MicrophoneLost);
        }
    }

    /// Lets the microphone deliver nothing. Another request for it may help.
    pub(crate) fn stop_blocks(&mut self, ms: u64, is_cured: bool) {
        if self.microphone.heard.is_empty() {
            // A recording without any audio ends with a problem.
            return;
        }
        let until = self.now + ms * 1_000;
        if !is_cured {
            self.devices.working_from = self.devices.working_from.max(until);
        }
        self.microphone.stop(self.now, until);
    }

    /// The system holds the microphone, which delivers zeros or nothing.
    pub(crate) fn hold(&mut self, hold: Hold, ms: u64, has_zeros: bool) {
        if self.microphone.power != Power::On || self.microphone.heard.is_empty() {
            return;
        }
        let until = self.now + ms * 1_000;
        match has_zeros {
            true => self.microphone.mute(self.now, until),
            false => self.microphone.stop(self.now, until),
        }
        if let Some(stream) = &mut self.microphone.stream {
            stream.held_until = until;
        }
        self.at(ms, Scheduled::Released(self.microphone.number));
        self.handle(Input::MicrophoneHeld(Some(hold)));
        self.watch.check_held(hold);
    }

    pub(crate) fn on_released(&mut self, number: u64) {
        if self.microphone.power == Power::On
            && self.microphone.number == number
            && self.microphone.held_until() <= self.now
        {
            self.watch.on_resume(self.now);
            self.handle(Input::MicrophoneHeld(None));
        }
    }
}
