//! Audio that waits for the recogniser, which does not process a backlog at once.

use std::{collections::VecDeque, time::Duration};

/// Audio that the recogniser has not processed yet.
pub(super) struct Backlog {
    /// Processing time of a second of audio.
    per_second: Duration,
    /// When the audio so far will have been processed.
    processed_at: Duration,
    /// Each frame with the time when it will have been processed.
    frames: VecDeque<(Duration, Vec<i16>)>,
}

impl Backlog {
    pub(super) fn new(per_second: Duration) -> Self {
        Self {
            per_second,
            processed_at: Duration::ZERO,
            frames: VecDeque::new(),
        }
    }

    /// Adds a frame that was received at `now`.
    ///
    /// Audio at real time was processed while it was spoken, so only the rest of its time counts.
    pub(super) fn push(&mut self, samples: Vec<i16>, rate_hz: u32, now: Duration) {
        let seconds = samples.len() as f64 / f64::from(rate_hz);
        let processed_at = self.processed_at + self.per_second.mul_f64(seconds);
        self.processed_at = processed_at.max(now);
        self.frames.push_back((self.processed_at, samples));
    }

    /// Returns the next frame that has been processed until `now`.
    pub(super) fn pop(&mut self, now: Duration) -> Option<Vec<i16>> {
        let (_, samples) = self.frames.pop_front_if(|(at, _)| now >= *at)?;
        Some(samples)
    }

    /// Returns when the next frame will have been processed.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.frames.front().map(|(at, _)| *at)
    }

    /// Whether all audio has been processed.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}
