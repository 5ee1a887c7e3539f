//! Fits a sine to samples by least squares.

use std::f64::consts::PI;

use crate::signal::{OUTPUT_RATE_HZ, decibels};

/// A sine of a known frequency that was fitted to samples at 16 kHz.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// The sine's amplitude.
    pub amplitude: f64,
    /// The root mean square of the rest: the samples minus the sine.
    pub rest_rms: f64,
    /// Coefficients of sine and cosine.
    parts: (f64, f64),
    turn: f64,
}

impl Fit {
    /// Returns distortion and noise relative to the sine, in decibels.
    #[must_use]
    pub fn thd_n_db(self) -> f64 {
        decibels(self.rest_rms / (self.amplitude / 2.0_f64.sqrt()))
    }

    /// Returns the samples of the sine in full precision.
    pub fn samples(self) -> impl Iterator<Item = f64> {
        (0..).map(move |index| self.at(index))
    }

    fn at(self, index: usize) -> f64 {
        let (sin, cos) = (self.turn * index as f64).sin_cos();
        self.parts.0 * sin + self.parts.1 * cos
    }
}

/// Fits a sine of `frequency` hertz to `samples` at 16 kHz.
#[must_use]
pub fn fit_sine(samples: &[f32], frequency: f64) -> Fit {
    let turn = 2.0 * PI * frequency / f64::from(OUTPUT_RATE_HZ);
    let (mut ss, mut sc, mut cc, mut ys, mut yc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (index, &sample) in samples.iter().enumerate() {
        let (sin, cos) = (turn * index as f64).sin_cos();
        let y = f64::from(sample);
        (ss, sc, cc) = (ss + sin * sin, sc + sin * cos, cc + cos * cos);
        (ys, yc) = (ys + y * sin, yc + y * cos);
    }
    let determinant = ss * cc - sc * sc;
    let parts = (
        (ys * cc - yc * sc) / determinant,
        (yc * ss - ys * sc) / determinant,
    );
    let mut fit = Fit {
        amplitude: parts.0.hypot(parts.1),
        rest_rms: 0.0,
        parts,
        turn,
    };
    let squares: f64 = samples
        .iter()
        .enumerate()
        .map(|(index, &sample)| (f64::from(sample) - fit.at(index)).powi(2))
        .sum();
    fit.rest_rms = (squares / samples.len() as f64).sqrt();
    fit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sine;

    #[test]
    fn an_added_signal_counts_as_the_rest() {
        let mut samples = sine(OUTPUT_RATE_HZ, 937.0, 0.9, 16_000);
        let clean = fit_sine(&samples, 937.0);
        assert!((clean.amplitude - 0.9).abs() < 1e-6);
        assert!(clean.thd_n_db() < -150.0, "{clean:?}");

        let other = sine(OUTPUT_RATE_HZ, 3_000.0, 0.009, 16_000);
        for (sample, other) in samples.iter_mut().zip(other) {
            *sample += other;
        }
        let fit = fit_sine(&samples, 937.0);
        assert!((fit.thd_n_db() + 40.0).abs() < 0.01, "{fit:?}");
    }

    #[test]
    fn a_repeated_sample_counts_as_distortion() {
        let mut samples = sine(OUTPUT_RATE_HZ, 937.0, 0.9, 16_000);
        samples.insert(8_000, samples[8_000]);
        assert!(fit_sine(&samples, 937.0).thd_n_db() > -20.0);
    }
}
