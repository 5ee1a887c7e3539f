//! Band-limited interpolation between samples.

use std::f64::consts::PI;

/// Reads a sampled signal at any time between samples.
///
/// It uses a sinc with a Kaiser window. Its error is below −90 dB from 0 to [`PASS_SHARE`] of the
/// band, far better than what it is compared with.
#[derive(Debug)]
pub struct Sinc {
    /// One half of the kernel, [`STEPS`] entries per zero crossing.
    table: Vec<f64>,
    /// The edge of the band, as a share of the input's Nyquist frequency; 1 for upsampling.
    band: f64,
}

impl Sinc {
    /// Creates an interpolator with the band that both rates support.
    pub fn between(from_hz: u32, to_hz: u32) -> Self {
        let band = (f64::from(to_hz) / f64::from(from_hz)).min(1.0) * CUTOFF_SHARE;
        let table = (0..=CROSSINGS * STEPS + 1)
            .map(|step| {
                let crossings = step as f64 / STEPS as f64;
                let within = (1.0 - (crossings / CROSSINGS as f64).powi(2)).max(0.0);
                sinc(crossings) * bessel_i0(BETA * within.sqrt()) / bessel_i0(BETA)
            })
            .collect();
        Self { table, band }
    }

    /// Returns the signal at `position`, in samples. It is zero before the first and after the last
    /// sample.
    pub fn read(&self, samples: &[f64], position: f64) -> f64 {
        let reach = CROSSINGS as f64 / self.band;
        let first = (position - reach).ceil().max(0.0);
        let last = (position + reach).floor().min(samples.len() as f64 - 1.0);
        if last < first {
            return 0.0;
        }
        let range = first as usize..=last as usize;
        let sum: f64 = samples[range.clone()]
            .iter()
            .zip(range)
            .map(|(sample, index)| {
                sample * self.kernel((position - index as f64).abs() * self.band)
            })
            .sum();
        sum * self.band
    }

    /// Resamples to another rate. The first samples of both are at the same time.
    pub fn resample(&self, samples: &[f64], from_hz: u32, to_hz: u32) -> Vec<f64> {
        let length = samples.len() as u64 * u64::from(to_hz) / u64::from(from_hz);
        let step = f64::from(from_hz) / f64::from(to_hz);
        (0..length)
            .map(|index| self.read(samples, index as f64 * step))
            .collect()
    }

    fn kernel(&self, crossings: f64) -> f64 {
        let at = crossings * STEPS as f64;
        let step = at as usize;
        match self.table.get(step..step + 2) {
            Some([near, far]) => near + (far - near) * (at - step as f64),
            _ => 0.0,
        }
    }
}

/// The end of the pass band, as a share of the lower rate's Nyquist frequency.
pub const PASS_SHARE: f64 = 0.92;

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// Computes the modified Bessel function of the first kind and order zero by its power series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..64 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

/// Zero crossings on each side. With this window, the transition is 0.075 of the band wide.
const CROSSINGS: usize = 80;
/// Parameter of the Kaiser window for a rejection of 100 dB.
const BETA: f64 = 10.06;
/// The middle of the transition, which ends at the edge of the band.
const CUTOFF_SHARE: f64 = 0.96;
/// Entries per zero crossing. The error of linear interpolation between them is below −110 dB.
const STEPS: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate_hz: u32, samples: usize) -> Vec<f64> {
        (0..samples)
            .map(|n| (2.0 * PI * hz * n as f64 / f64::from(rate_hz)).sin())
            .collect()
    }

    fn worst(a: &[f64], b: &[f64]) -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn tones_keep_their_shape_at_another_rate() {
        for (from_hz, to_hz) in [(16_000, 44_100), (44_100, 16_000), (48_000, 16_000)] {
            for hz in [50.0, 937.0, 7_300.0] {
                let moved = Sinc::between(from_hz, to_hz).resample(
                    &tone(hz, from_hz, from_hz as usize),
                    from_hz,
                    to_hz,
                );
                let expected = tone(hz, to_hz, to_hz as usize);
                let inner = to_hz as usize / 10..to_hz as usize * 9 / 10;
                let error = worst(&moved[inner.clone()], &expected[inner]);
                assert!(error < 1e-4, "{hz} Hz from {from_hz} to {to_hz}: {error}");
            }
        }
    }

    #[test]
    fn tones_above_the_lower_rates_band_are_removed() {
        let moved =
            Sinc::between(44_100, 16_000).resample(&tone(8_100.0, 44_100, 44_100), 44_100, 16_000);
        let loudest = worst(&moved[1_600..14_400], &[0.0; 12_800]);
        assert!(loudest < 1e-4, "{loudest}");
    }
}
