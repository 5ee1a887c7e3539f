//! Test signals and basic measurements.

use std::f64::consts::PI;

/// The sample rate of resampled signals, in hertz.
pub const OUTPUT_RATE_HZ: u32 = 16_000;

/// Generates a sine with this frequency in hertz and amplitude.
#[must_use]
pub fn sine(rate_hz: u32, frequency: f64, amplitude: f64, frames: usize) -> Vec<f32> {
    let turn = 2.0 * PI * frequency / f64::from(rate_hz);
    (0..frames)
        .map(|frame| (amplitude * (turn * frame as f64).sin()) as f32)
        .collect()
}

/// Generates white noise within full scale, always the same for a seed. Samples have 20 bits, so
/// that the sum of eight channels is exact.
#[must_use]
pub fn noise(seed: u64, frames: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 44) as f32 / (1 << 19) as f32 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}

/// Returns `samples` without the onset, where the resampler's buffer may not be full yet, and
/// without the end, where the tone is cut off.
#[must_use]
pub fn steady(samples: &[f32]) -> &[f32] {
    let last = samples.len().saturating_sub(END_SAMPLES);
    samples.get(ONSET_SAMPLES..last).unwrap_or_default()
}

/// Returns the root mean square.
#[must_use]
pub fn rms(samples: &[f32]) -> f64 {
    let squares: f64 = samples
        .iter()
        .map(|&sample| f64::from(sample).powi(2))
        .sum();
    (squares / samples.len() as f64).sqrt()
}

/// Converts an amplitude ratio to decibels.
#[must_use]
pub fn decibels(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

/// Returns `count` evenly spaced frequencies from `first` to `last` hertz, both included.
pub fn steps(first: f64, last: f64, count: u32) -> impl Iterator<Item = f64> {
    (0..count).map(move |step| first + (last - first) * f64::from(step) / f64::from(count - 1))
}

/// 150 ms: the slowest of the measured resamplers holds audio for half of that.
const ONSET_SAMPLES: usize = 2_400;

/// 20 ms: longer than any measured filter's tail.
const END_SAMPLES: usize = 320;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_include_both_ends() {
        assert_eq!(
            steps(50.0, 150.0, 3).collect::<Vec<_>>(),
            [50.0, 100.0, 150.0]
        );
    }

    #[test]
    fn a_sine_has_its_amplitude_and_noise_is_uniform() {
        let sine = sine(16_000, 1_000.0, 0.5, 16_000);
        assert!((rms(&sine) - 0.5 / 2.0_f64.sqrt()).abs() < 1e-6);
        let noise = noise(1, 100_000);
        assert!(noise.iter().all(|sample| (-1.0..1.0).contains(sample)));
        assert!((rms(&noise) - 1.0 / 3.0_f64.sqrt()).abs() < 5e-3);
    }

    #[test]
    fn a_short_signal_has_no_steady_part() {
        assert!(steady(&[0.0; 2_000]).is_empty());
        assert_eq!(steady(&[0.0; 2_721]).len(), 1);
    }
}
