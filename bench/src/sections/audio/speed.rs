//! How fast sound is resampled natively.

use crate::estimates::Estimates;

/// What the bench `audio` has measured.
pub(super) struct Speed(Estimates);

impl Speed {
    /// Runs what of the bench is about our own filter and pipeline.
    pub(super) fn of_ours() -> anyhow::Result<Self> {
        Estimates::of_part("audio", "^(resampler/ours|pipeline|design)/").map(Self)
    }

    /// Runs what of the bench is about all resamplers.
    pub(super) fn of_peers() -> anyhow::Result<Self> {
        Estimates::of_part("audio", "^resampler/").map(Self)
    }

    /// How many times faster than it is spoken a resampler takes sound.
    pub(super) fn resampler(&self, id: &str, rate_hz: u32) -> Option<f64> {
        self.times_real_time(&["resampler", id, &rate_hz.to_string()])
    }

    /// The same of the whole pipeline.
    pub(super) fn pipeline(&self, input: &str, rate_hz: u32) -> Option<f64> {
        self.times_real_time(&["pipeline", input, &rate_hz.to_string()])
    }

    /// How long the coefficients take, in milliseconds.
    pub(super) fn design_ms(&self, rate_hz: u32) -> Option<f64> {
        Some(self.0.median_ns(&["design", &rate_hz.to_string()])? / 1e6)
    }

    fn times_real_time(&self, names: &[&str]) -> Option<f64> {
        Some(SOUND_NS / self.0.median_ns(names)?)
    }
}

/// The length of the sound in each iteration of the bench: a fifth of a second.
const SOUND_NS: f64 = 2e8;
