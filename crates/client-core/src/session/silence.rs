//! Detection of a microphone that delivers only digital silence.

use std::time::Duration;

use super::io::Sound;
use crate::audio::Level;

/// Measures how long a microphone has delivered nothing but zeros. The noise of the quietest room
/// is not zero, so zeros mean that the microphone is muted, disconnected or not ready yet.
#[derive(Debug, Default)]
pub(super) struct SilenceDetector {
    silent_frames: u64,
    has_sound: bool,
    is_reported: bool,
}

impl SilenceDetector {
    /// Adds a block of `frames` frames at `rate_hz`. Returns whether the microphone is silent, if
    /// that has changed.
    pub(super) fn add(&mut self, frames: usize, rate_hz: u32, level: Level) -> Option<bool> {
        if level.peak > 0.0 {
            self.silent_frames = 0;
            self.has_sound = true;
        } else {
            self.silent_frames += frames as u64;
        }
        let millis = (self.silent_frames * 1_000).checked_div(rate_hz.into());
        let is_silent = millis.is_some_and(|it| it >= SILENCE_NOTICE.as_millis() as u64);
        // One block with sound ends the silence; a shorter silence does not begin one.
        let has_changed = std::mem::replace(&mut self.is_reported, is_silent) != is_silent;
        has_changed.then_some(is_silent)
    }

    /// Ends the measurement, because the microphone is off. Returns whether it was reported as
    /// silent.
    pub(super) fn stop(&mut self) -> bool {
        std::mem::take(self).is_reported
    }

    /// Returns `true` while the microphone is reported as silent.
    pub(super) fn is_reported(&self) -> bool {
        self.is_reported
    }

    /// Returns what comes from the microphone.
    pub(super) fn sound(&self) -> Sound {
        if self.is_reported {
            Sound::Silent
        } else if !self.has_sound && self.silent_frames > 0 {
            Sound::Preparing
        } else {
            Sound::Arriving
        }
    }
}

/// How long a microphone must deliver digital silence until that is reported. Bluetooth devices
/// deliver about 0.6 s of it at every start, and a browser's noise suppression some seconds of it
/// in a quiet room.
pub const SILENCE_NOTICE: Duration = Duration::from_secs(8);
