//! The level meter and its readings.

use super::io::LevelReading;
use crate::{audio::Level, recording::Captured};

/// Keeps the loudest level since the last reading.
#[derive(Debug, Default)]
pub(super) struct LevelMeter {
    /// Number of frames since the last reading.
    frames: u64,
    loudest: f32,
}

impl LevelMeter {
    /// Adds the level of the last block of `captured`, of `frames` frames. Returns a reading about
    /// [`READINGS_HZ`] times a second.
    pub(super) fn add(
        &mut self,
        frames: usize,
        captured: Captured,
        level: Level,
    ) -> Option<LevelReading> {
        self.loudest = self.loudest.max(level.meter());
        self.frames += frames as u64;
        if self.frames * READINGS_HZ < u64::from(captured.rate_hz()) {
            return None;
        }
        self.frames = 0;
        Some(LevelReading {
            percent: (std::mem::take(&mut self.loudest) * 100.0).round_ties_even() as u32,
            captured_ms: captured.ms(),
        })
    }
}

/// Maximum number of readings per second: as fast as a studio's meter. For each reading, the page
/// paints a frame.
const READINGS_HZ: u64 = 7;
