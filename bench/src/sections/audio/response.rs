//! The frequency response of a resampler.

use inturn_bench_kit::{decibels, rms, sine, steady};
use inturn_bench_peers::Resample;

use super::fidelity;
use crate::chart::{Axis, Chart, Line};

/// Draws the response of the resampler that `build` creates.
pub(super) fn chart(build: fn(u32) -> Box<dyn Resample>) -> Chart {
    let line = |rate_hz: u32| {
        let point = |step: u32| {
            let frequency = f64::from(step) * STEP_HZ;
            let tone = sine(rate_hz, frequency, AMPLITUDE, rate_hz as usize * 6 / 10);
            let output = fidelity::resample(build, rate_hz, &tone);
            let gain = rms(steady(&output)) / (AMPLITUDE / 2.0_f64.sqrt());
            (frequency / 1e3, decibels(gain).max(FLOOR_DB))
        };
        Line {
            name: format!("from {} kHz", f64::from(rate_hz) / 1e3),
            points: (1..=STEPS).map(point).collect(),
        }
    };
    Chart {
        name: "filter-response",
        title: "Frequency response of the filter",
        x: Axis::linear("Frequency, in kHz"),
        y: Axis::linear("Gain, in dB"),
        lines: vec![line(44_100), line(48_000)],
    }
}

/// Distance between two tones.
const STEP_HZ: f64 = 50.0;

/// Up to 12 kHz, far into the stop band.
const STEPS: u32 = 240;

/// The lowest value shown. Below it is only rounding noise of Float32.
const FLOOR_DB: f64 = -140.0;

/// Close to full scale, without clipping.
const AMPLITUDE: f64 = 0.9;
