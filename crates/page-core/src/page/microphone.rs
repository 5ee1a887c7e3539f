//! The microphone: requested, opened, lost, opened again, turned off.

use inturn_client_core::{audio::ChunkLength, problem::MicrophoneFailure, session::Device};

use super::{
    Page,
    exchange::{Effect, MicrophoneRequest},
    state::{Microphone, Obstacles},
};
use crate::messages::ToRecorder;

impl Page {
    /// Requests a microphone: the first one of a recording, or another one in its place.
    pub(super) fn open_microphone(&mut self, device: Device) {
        match self.microphone {
            Microphone::Opening => {}
            Microphone::On | Microphone::Lost | Microphone::Reopening => {
                self.microphone = Microphone::Reopening;
                self.forget_obstacles();
            }
            // The request crossed with something that has abandoned it, such as leaving the page.
            Microphone::Off
            | Microphone::Preparing { .. }
            | Microphone::Stopping
            | Microphone::Flushing => return,
        }
        self.microphone_requests += 1;
        let chunk_ms = self.config.as_ref().map(|config| config.chunk_ms);
        // The recorder logs a warning if the configured length is invalid.
        let chunk = chunk_ms.and_then(|ms| ChunkLength::from_ms(ms).ok());
        self.effects.push_back(Effect::RequestMicrophone {
            request: MicrophoneRequest(self.microphone_requests),
            device,
            chunk: chunk.unwrap_or_default(),
        });
    }

    /// Uses the microphone that was just opened, if it is still wanted.
    pub(super) fn microphone_opened(
        &mut self,
        request: MicrophoneRequest,
        rate_hz: u32,
        device: String,
    ) {
        if self.is_current(request) {
            self.device = device;
            self.microphone = Microphone::On;
            self.effects.push_back(Effect::UseMicrophone { rate_hz });
        }
    }

    /// Passes a failure on. In a recording, the recorder requests a microphone again.
    pub(super) fn microphone_failed(
        &mut self,
        request: MicrophoneRequest,
        failure: MicrophoneFailure,
    ) {
        if !self.is_current(request) {
            return;
        }
        if self.microphone == Microphone::Opening {
            self.release_microphone();
            self.show_if_paused();
        }
        if self.microphone == Microphone::Reopening {
            self.microphone = Microphone::Lost;
        }
        self.send(ToRecorder::MicrophoneFailed(failure));
    }

    /// Notifies the recorder once, even if several tracks end.
    pub(super) fn microphone_lost(&mut self) {
        if self.microphone == Microphone::On {
            self.microphone = Microphone::Lost;
            self.send(ToRecorder::MicrophoneLost);
        }
    }

    /// Turns the microphone off, or abandons the request for it.
    pub(super) fn close_microphone(&mut self) {
        match self.microphone {
            Microphone::On => {
                self.microphone = Microphone::Stopping;
                self.forget_obstacles();
                self.effects.push_back(Effect::CaptureTail);
                self.show_if_paused();
            }
            Microphone::Opening | Microphone::Lost | Microphone::Reopening => {
                self.release_microphone();
            }
            // Not about this start: the recorder has not been notified of it.
            Microphone::Preparing { .. } => {}
            Microphone::Stopping | Microphone::Flushing | Microphone::Off => {}
        }
    }

    /// Turns the microphone off. The state line says so from now on.
    pub(super) fn tail_captured(&mut self) {
        if self.microphone == Microphone::Stopping {
            self.microphone = Microphone::Flushing;
            self.effects.push_back(Effect::StopMicrophone);
            self.show_if_paused();
        }
    }

    /// The worklet has posted its last block.
    pub(super) fn microphone_flushed(&mut self) {
        if self.microphone == Microphone::Flushing {
            self.release_microphone();
        }
    }

    /// Releases what is left of the microphone at the end of a recording, even if the last block
    /// never arrived.
    pub(super) fn release_remains(&mut self) {
        match self.microphone {
            Microphone::Stopping
            | Microphone::Flushing
            | Microphone::Lost
            | Microphone::Reopening => self.release_microphone(),
            Microphone::Off
            | Microphone::Preparing { .. }
            | Microphone::Opening
            | Microphone::On => {}
        }
    }

    pub(super) fn release_microphone(&mut self) {
        self.microphone = Microphone::Off;
        self.obstacles = Obstacles::default();
        self.effects.push_back(Effect::ReleaseMicrophone);
    }

    fn is_current(&self, request: MicrophoneRequest) -> bool {
        let is_requested = matches!(self.microphone, Microphone::Opening | Microphone::Reopening);
        is_requested && request == MicrophoneRequest(self.microphone_requests)
    }
}
