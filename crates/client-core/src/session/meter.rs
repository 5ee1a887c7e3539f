//! What the level meter and the clock show.

use crate::audio::Level;
use crate::clock::clock;
use crate::view::MeterView;

/// The loudest since the last reading, and all the time that has passed.
#[derive(Debug)]
pub(super) struct Meter {
    rate_hz: u32,
    frames: u64,
    shown_at_frames: u64,
    loudest: f32,
}

impl Meter {
    /// At the start of a recording whose blocks have this rate.
    pub(super) fn new(rate_hz: u32) -> Self {
        Self {
            rate_hz,
            frames: 0,
            shown_at_frames: 0,
            loudest: 0.0,
        }
    }

    /// Adds a block; gives a reading about every [`METER_HZ`]th of a second.
    pub(super) fn add(&mut self, frames: usize, level: Level) -> Option<MeterView> {
        self.frames += frames as u64;
        self.loudest = self.loudest.max(level.meter());
        if (self.frames - self.shown_at_frames) * METER_HZ < u64::from(self.rate_hz) {
            return None;
        }
        self.shown_at_frames = self.frames;
        let elapsed = clock(self.frames / u64::from(self.rate_hz));
        Some(MeterView {
            level_percent: (std::mem::take(&mut self.loudest) * 100.0).round_ties_even() as u32,
            elapsed,
        })
    }
}

/// Readings a second at most: as quick as a studio's meter, and each has the page paint a frame.
const METER_HZ: u64 = 7;
