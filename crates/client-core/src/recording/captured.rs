//! The length of the captured audio.

use inturn_protocol::SAMPLE_RATE_HZ;

/// The length of a recording so far: what earlier microphones delivered, and the frames of the
/// current one at its own rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Length of the audio of earlier microphones, in samples at the service's rate.
    earlier_samples: u64,
    frames: u64,
    rate_hz: u32,
}

impl Captured {
    /// Creates the length of a recording that has `earlier_samples` samples at the service's rate,
    /// and goes on with a microphone that runs at `rate_hz`.
    pub(super) fn new(earlier_samples: u64, rate_hz: u32) -> Self {
        Self {
            earlier_samples,
            frames: 0,
            rate_hz: rate_hz.max(1),
        }
    }

    pub(super) fn add(&mut self, frames: usize) {
        self.frames += frames as u64;
    }

    /// Returns the end of the timeline, in milliseconds.
    pub fn ms(self) -> u32 {
        let earlier_ms = self.earlier_samples * 1_000 / u64::from(SAMPLE_RATE_HZ);
        let ms = earlier_ms + self.frames * 1_000 / u64::from(self.rate_hz);
        u32::try_from(ms).unwrap_or(u32::MAX)
    }

    /// Returns the current microphone's rate, in Hz.
    pub fn rate_hz(self) -> u32 {
        self.rate_hz
    }
}

impl Default for Captured {
    fn default() -> Self {
        Self::new(0, 1)
    }
}
