//! When the level meter is read.

use super::exchange::LevelReading;
use crate::audio::Level;
use crate::recording::Captured;

/// The loudest since the last reading.
#[derive(Debug, Default)]
pub(super) struct LevelMeter {
    read_at_frames: u64,
    loudest: f32,
}

impl LevelMeter {
    /// Takes the level of the block that `captured` ends with. Returns a reading about every
    /// [`READINGS_HZ`]th of a second.
    pub(super) fn add(&mut self, captured: Captured, level: Level) -> Option<LevelReading> {
        self.loudest = self.loudest.max(level.meter());
        let frames = captured.frames() - self.read_at_frames;
        if frames * READINGS_HZ < u64::from(captured.rate_hz()) {
            return None;
        }
        self.read_at_frames = captured.frames();
        Some(LevelReading {
            percent: (std::mem::take(&mut self.loudest) * 100.0).round_ties_even() as u32,
            captured_ms: captured.ms(),
        })
    }
}

/// Readings a second at most: as quick as a studio's meter, and each has the page paint a frame.
const READINGS_HZ: u64 = 7;
