//! The length of the captured audio.

/// The length of a recording so far, counted in frames at the device's own rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured {
    frames: u64,
    rate_hz: u32,
}

impl Captured {
    /// Creates an empty length for a device that runs at `rate_hz`.
    pub(super) fn new(rate_hz: u32) -> Self {
        Self {
            frames: 0,
            rate_hz: rate_hz.max(1),
        }
    }

    pub(super) fn add(&mut self, frames: usize) {
        self.frames += frames as u64;
    }

    /// Returns the number of frames.
    pub fn frames(self) -> u64 {
        self.frames
    }

    /// Returns the end of the timeline, in milliseconds.
    pub fn ms(self) -> u32 {
        let ms = self.frames * 1_000 / u64::from(self.rate_hz);
        u32::try_from(ms).unwrap_or(u32::MAX)
    }

    /// Returns the device's rate, in Hz.
    pub fn rate_hz(self) -> u32 {
        self.rate_hz
    }
}

impl Default for Captured {
    fn default() -> Self {
        Self::new(1)
    }
}
