//! Quality of a resampler, measured with stepped sines.

use crate::{
    fit::fit_sine,
    signal::{decibels, rms, sine, steady, steps},
};

/// Quality of a resampler, measured with stepped sines.
#[derive(Clone, Copy, Debug)]
pub struct Quality {
    /// The largest deviation from unity gain in the pass band, in decibels.
    pub ripple_db: f64,
    /// Distortion and noise of the worst tone in the pass band, in decibels.
    pub thd_n_db: f64,
    /// The level of the loudest spurious signal, in decibels: an alias of a tone above the output's
    /// band, or an image of a tone in the input's band.
    pub spurious_db: f64,
}

/// Returns the end of the guaranteed pass band for an input rate, in hertz.
#[must_use]
pub fn pass_band_hz(rate_hz: u32) -> f64 {
    match rate_hz {
        ..9_000 => 3_400.0,
        9_000..16_000 => f64::from(rate_hz) / 2.0 * 0.9,
        16_000.. => 7_200.0,
    }
}

/// Measures a resampler from `rate_hz` to 16 kHz, with `count` tones per band.
///
/// Aliases are measured from 8.1 kHz: in small steps for the first 500 Hz, then up to half the
/// input's rate.
pub fn quality(rate_hz: u32, count: u32, mut resample: impl FnMut(&[f32]) -> Vec<f32>) -> Quality {
    let mut tone = |frequency| resample(&tone(rate_hz, frequency));
    let mut quality = Quality {
        ripple_db: 0.0,
        thd_n_db: f64::MIN,
        spurious_db: f64::MIN,
    };
    for frequency in pass_band(rate_hz, count) {
        let fit = fit_sine(steady(&tone(frequency)), frequency);
        let gain_db = decibels(fit.amplitude / AMPLITUDE);
        quality.ripple_db = quality.ripple_db.max(gain_db.abs());
        quality.thd_n_db = quality.thd_n_db.max(fit.thd_n_db());
    }
    let tone_rms = AMPLITUDE / 2.0_f64.sqrt();
    let nyquist = f64::from(rate_hz) / 2.0;
    if rate_hz > 16_000 {
        let above = steps(8_100.0, 8_600.0, count).chain(steps(8_100.0, nyquist, count));
        for frequency in above.filter(|&frequency| frequency < nyquist) {
            let spurious_db = decibels(rms(steady(&tone(frequency))) / tone_rms);
            quality.spurious_db = quality.spurious_db.max(spurious_db);
        }
    } else {
        for frequency in steps(50.0, nyquist - 20.0, 2 * count) {
            let fit = fit_sine(steady(&tone(frequency)), frequency);
            let spurious_db = decibels(fit.rest_rms / tone_rms);
            quality.spurious_db = quality.spurious_db.max(spurious_db);
        }
    }
    quality
}

/// Returns the noise that `resample` and `to_int16` add to a tone in the pass band, relative to the
/// noise of an ideal 16-bit quantiser, in decibels. The worst tone counts.
///
/// The ideal quantiser gets the same sine in full precision: if a sine repeats after a few samples,
/// even the error of an ideal quantiser isn't white.
pub fn int16_excess_db(
    rate_hz: u32,
    count: u32,
    mut resample: impl FnMut(&[f32]) -> Vec<f32>,
    to_int16: impl Fn(f32) -> i16,
) -> f64 {
    let excess = |frequency| {
        let output = resample(&tone(rate_hz, frequency));
        let output = steady(&output);
        let rounded: Vec<f32> = output
            .iter()
            .map(|&sample| f32::from(to_int16(sample)) / FULL_SCALE)
            .collect();
        let steps = f64::from(FULL_SCALE);
        let ideal: Vec<f32> = fit_sine(output, frequency)
            .samples()
            .take(output.len())
            .map(|sample| ((sample * steps).round() / steps) as f32)
            .collect();
        let [real, ideal] = [rounded, ideal].map(|it| fit_sine(&it, frequency).rest_rms);
        decibels(real / ideal)
    };
    pass_band(rate_hz, count)
        .map(excess)
        .fold(f64::MIN, f64::max)
}

fn pass_band(rate_hz: u32, count: u32) -> impl Iterator<Item = f64> {
    steps(LOWEST_HZ, pass_band_hz(rate_hz), count)
}

/// Returns a tone of 0.6 s: the onset and almost half a second after it.
fn tone(rate_hz: u32, frequency: f64) -> Vec<f32> {
    sine(rate_hz, frequency, AMPLITUDE, rate_hz as usize * 6 / 10)
}

/// Amplitude of tones: close to full scale, without clipping.
const AMPLITUDE: f64 = 0.9;

/// The lowest tone, below all speech. It is uneven, so that no tone of the series has a whole
/// number of samples per period at the output's rate, which would hide a repeated sample.
const LOWEST_HZ: f64 = 51.7;

/// Steps of an Int16 from 0.0 to 1.0.
const FULL_SCALE: f32 = 32_768.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crude_resampler_has_loud_aliases() {
        let nearest = |input: &[f32]| input.iter().step_by(3).copied().collect();
        let quality = quality(48_000, 12, nearest);
        assert!(quality.ripple_db < 1e-3, "{quality:?}");
        assert!(quality.spurious_db > -1.0, "{quality:?}");
    }

    #[test]
    fn rounding_adds_no_excess_noise_and_truncation_does() {
        let same = |input: &[f32]| input.to_vec();
        let ideal = |sample: f32| (sample * FULL_SCALE).round() as i16;
        assert!(int16_excess_db(16_000, 12, same, ideal).abs() < 0.1);
        let cut = |sample: f32| (sample * FULL_SCALE) as i16;
        assert!(int16_excess_db(16_000, 12, same, cut) > 1.0);
    }
}
