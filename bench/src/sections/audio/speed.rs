//! Native speed of resampling.

use crate::estimates::Estimates;

/// Results of the bench `audio`.
pub(super) struct Speed(Estimates);

impl Speed {
    /// Runs the benchmarks of our filter and pipeline.
    pub(super) fn of_ours() -> anyhow::Result<Self> {
        Estimates::of_part("audio", "^(resampler/ours|pipeline|design)/").map(Self)
    }

    /// Runs the benchmarks of all resamplers.
    pub(super) fn of_peers() -> anyhow::Result<Self> {
        Estimates::of_part("audio", "^resampler/").map(Self)
    }

    /// Returns the speed of a resampler, as a multiple of real time.
    pub(super) fn resampler(&self, id: &str, rate_hz: u32) -> Option<f64> {
        self.times_real_time(&["resampler", id, &rate_hz.to_string()])
    }

    /// Returns the speed of the whole pipeline, as a multiple of real time.
    pub(super) fn pipeline(&self, input: &str, rate_hz: u32) -> Option<f64> {
        self.times_real_time(&["pipeline", input, &rate_hz.to_string()])
    }

    /// Returns the time to compute the coefficients, in milliseconds.
    pub(super) fn design_ms(&self, rate_hz: u32) -> Option<f64> {
        Some(self.0.median_ns(&["design", &rate_hz.to_string()])? / 1e6)
    }

    fn times_real_time(&self, names: &[&str]) -> Option<f64> {
        Some(SOUND_NS / self.0.median_ns(names)?)
    }
}

/// Duration of the audio in each iteration of the bench: 0.2 s.
const SOUND_NS: f64 = 2e8;
