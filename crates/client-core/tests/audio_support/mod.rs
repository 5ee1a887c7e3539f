//! Signals, and what is measured on them.

#![allow(
    dead_code,
    reason = "each test binary uses its own part of this module"
)]

use std::f64::consts::PI;

use inturn_client_core::audio::{ChunkLength, Pipeline, Resampler};

/// Rates that devices run at, and some that none does.
pub(crate) const RATES_HZ: [u32; 16] = [
    8_000, 8_001, 11_025, 12_345, 15_999, 16_000, 16_001, 22_050, 24_000, 32_000, 44_099, 44_100,
    48_000, 88_200, 96_000, 192_000,
];

/// A sine of `amplitude`, with its frequency in hertz.
pub(crate) fn sine(rate_hz: u32, frequency: f64, amplitude: f64, frames: usize) -> Vec<f32> {
    let turn = 2.0 * PI * frequency / f64::from(rate_hz);
    (0..frames)
        .map(|frame| (amplitude * (turn * frame as f64).sin()) as f32)
        .collect()
}

/// White noise within full scale, the same for the same seed. Its samples have 20 bits, so that the
/// sum of eight channels is exact.
pub(crate) fn noise(seed: u64, frames: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 44) as f32 / (1 << 19) as f32 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}

/// All of `input` at 16 kHz, the flushed samples too.
pub(crate) fn resample(rate_hz: u32, input: &[f32]) -> Vec<f32> {
    let mut resampler = Resampler::new(rate_hz).expect("a rate that is resampled");
    let mut output = Vec::new();
    resampler.process(input, &mut output);
    resampler.flush(&mut output);
    output
}

/// All chunks that mono `blocks` come to.
pub(crate) fn chunks<'a>(
    rate_hz: u32,
    length: ChunkLength,
    blocks: impl IntoIterator<Item = &'a [f32]>,
) -> Vec<Vec<i16>> {
    let mut pipeline = Pipeline::new(rate_hz, length).expect("a rate that is resampled");
    let mut chunks = Vec::new();
    for block in blocks {
        pipeline.push_block(block, 1);
        while let Some(chunk) = pipeline.next_chunk() {
            assert_eq!(chunk.len(), length.samples());
            chunks.push(chunk.to_vec());
        }
    }
    let mut tail = pipeline.flush();
    while let Some(chunk) = tail.next_chunk() {
        chunks.push(chunk.to_vec());
    }
    chunks
}

/// `samples` without the first and last 20 ms at 16 kHz, where a tone begins and ends.
pub(crate) fn steady(samples: &[f32]) -> &[f32] {
    &samples[320..samples.len() - 320]
}

/// What a sine of a known frequency leaves in `samples` at 16 kHz.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fit {
    /// The sine's amplitude, by least squares.
    pub(crate) amplitude: f64,
    /// The root mean square of all that isn't this sine.
    pub(crate) rest_rms: f64,
}

impl Fit {
    /// The distortion and noise against the sine, in decibels.
    pub(crate) fn thd_n_db(self) -> f64 {
        decibels(self.rest_rms / (self.amplitude / 2.0_f64.sqrt()))
    }
}

/// Fits a sine of `frequency` hertz to `samples` at 16 kHz.
pub(crate) fn fit_sine(samples: &[f32], frequency: f64) -> Fit {
    let turn = 2.0 * PI * frequency / 16_000.0;
    let wave = |index: usize| (turn * index as f64).sin_cos();
    let (mut ss, mut sc, mut cc, mut ys, mut yc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (index, &sample) in samples.iter().enumerate() {
        let (sin, cos) = wave(index);
        let y = f64::from(sample);
        (ss, sc, cc) = (ss + sin * sin, sc + sin * cos, cc + cos * cos);
        (ys, yc) = (ys + y * sin, yc + y * cos);
    }
    let determinant = ss * cc - sc * sc;
    let (a, b) = (
        (ys * cc - yc * sc) / determinant,
        (yc * ss - ys * sc) / determinant,
    );
    let squares: f64 = (samples.iter().enumerate())
        .map(|(index, &sample)| {
            let (sin, cos) = wave(index);
            (f64::from(sample) - a * sin - b * cos).powi(2)
        })
        .sum();
    Fit {
        amplitude: a.hypot(b),
        rest_rms: (squares / samples.len() as f64).sqrt(),
    }
}

/// The root mean square.
pub(crate) fn rms(samples: &[f32]) -> f64 {
    let squares: f64 = samples
        .iter()
        .map(|&sample| f64::from(sample).powi(2))
        .sum();
    (squares / samples.len() as f64).sqrt()
}

/// An amplitude ratio in decibels.
pub(crate) fn decibels(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

/// `count` frequencies from `first` to `last` hertz, both included, evenly apart.
pub(crate) fn steps(first: f64, last: f64, count: u32) -> impl Iterator<Item = f64> {
    (0..count).map(move |step| first + (last - first) * f64::from(step) / f64::from(count - 1))
}

/// What a rate's filter does to stepped sines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    /// The greatest departure from unity gain in the pass band, in decibels.
    pub(crate) ripple_db: f64,
    /// The greatest distortion and noise of a tone in the pass band, in decibels.
    pub(crate) thd_n_db: f64,
    /// The loudest that anything out of place comes through, in decibels: aliases of what lies
    /// above the output's band, or images of what lies in the input's.
    pub(crate) spurious_db: f64,
}

/// The end of the pass band, in hertz, that is promised for an input rate.
pub(crate) fn pass_band_hz(rate_hz: u32) -> f64 {
    match rate_hz {
        ..9_000 => 3_400.0,
        9_000..16_000 => f64::from(rate_hz) / 2.0 * 0.9,
        16_000.. => 7_200.0,
    }
}

/// Measures the resampler at `rate_hz` with `count` tones a band, each half a second long.
pub(crate) fn quality(
    rate_hz: u32,
    count: u32,
    mut resample: impl FnMut(&[f32]) -> Vec<f32>,
) -> Quality {
    let frames = rate_hz as usize / 2;
    let mut quality = Quality {
        ripple_db: 0.0,
        thd_n_db: f64::MIN,
        spurious_db: f64::MIN,
    };
    for frequency in steps(50.0, pass_band_hz(rate_hz), count) {
        let output = resample(&sine(rate_hz, frequency, AMPLITUDE, frames));
        let fit = fit_sine(steady(&output), frequency);
        let gain_db = decibels(fit.amplitude / AMPLITUDE);
        quality.ripple_db = quality.ripple_db.max(gain_db.abs());
        quality.thd_n_db = quality.thd_n_db.max(fit.thd_n_db());
    }
    let tone_rms = AMPLITUDE / 2.0_f64.sqrt();
    let nyquist = f64::from(rate_hz) / 2.0;
    let above = |edge: f64| steps(edge, edge + 500.0, count).chain(steps(edge, nyquist, count));
    if rate_hz > 16_000 {
        for frequency in above(8_100.0).filter(|&frequency| frequency < nyquist) {
            let output = resample(&sine(rate_hz, frequency, AMPLITUDE, frames));
            let spurious_db = decibels(rms(steady(&output)) / tone_rms);
            quality.spurious_db = quality.spurious_db.max(spurious_db);
        }
    } else {
        for frequency in steps(50.0, nyquist - 20.0, 2 * count) {
            let output = resample(&sine(rate_hz, frequency, AMPLITUDE, frames));
            let spurious_db = decibels(fit_sine(steady(&output), frequency).rest_rms / tone_rms);
            quality.spurious_db = quality.spurious_db.max(spurious_db);
        }
    }
    quality
}

/// Of measured tones: near full scale, and never clipped.
const AMPLITUDE: f64 = 0.9;
