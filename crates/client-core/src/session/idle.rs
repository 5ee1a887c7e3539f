//! Detection of a forgotten recording: one without words for a long time.

use std::time::Duration;

/// Counts the audio since the last change of the words. It counts audio and not time, so that
/// neither a machine that slept nor a late timer ends a recording.
#[derive(Debug, Default)]
pub(super) struct IdleWatch {
    /// The audio without words until the countdown, in seconds; 0 turns the watch off.
    limit_secs: u32,
    /// The audio since the last change of the words.
    frames: u64,
    /// The rate of these frames.
    rate_hz: u32,
}

impl IdleWatch {
    /// Creates a watch that starts the countdown after `limit_secs` without words. With 0, it never
    /// does.
    pub(super) fn new(limit_secs: u32) -> Self {
        Self {
            limit_secs,
            ..Self::default()
        }
    }

    /// Returns the audio without words until the countdown, in seconds.
    pub(super) fn limit_secs(&self) -> u32 {
        self.limit_secs
    }

    /// Starts anew, because words have changed or the person goes on.
    pub(super) fn reset(&mut self) {
        self.frames = 0;
    }

    /// Adds a block of `frames` frames at `rate_hz`.
    pub(super) fn add(&mut self, frames: usize, rate_hz: u32) {
        self.frames += frames as u64;
        self.rate_hz = rate_hz;
    }

    /// Returns the seconds until the recording must end, rounded up. Returns `None` before the
    /// countdown.
    pub(super) fn secs_left(&self) -> Option<u32> {
        let rate_hz = u64::from(self.rate_hz);
        if self.limit_secs == 0 || rate_hz == 0 {
            return None;
        }
        let countdown_secs = IDLE_COUNTDOWN.as_secs();
        let end = (u64::from(self.limit_secs) + countdown_secs) * rate_hz;
        let secs = end.saturating_sub(self.frames).div_ceil(rate_hz);
        (secs <= countdown_secs).then_some(secs as u32)
    }
}

/// How long the end of a forgotten recording is announced before it comes. Long enough to come back
/// from another window, or from another room.
pub const IDLE_COUNTDOWN: Duration = Duration::from_secs(60);
