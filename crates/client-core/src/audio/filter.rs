//! The low-pass filter between two rates: a sinc under a Kaiser window, laid out by phases.
//!
//! An output sample falls between two input frames; its phase is how far. Each phase has a row of
//! coefficients. Where the ratio of the rates is simple, every phase that can occur has its own row.
//! Where it isn't (44 099 Hz has 16 000 phases), a few rows stand for all, and those between are
//! found by cubic interpolation, at four times the work and a fraction of the memory.

use std::f64::consts::PI;

use super::{
    bounds::OUTPUT_RATE_HZ,
    dot::{LANES, dot},
    ratio::Ratio,
};

/// The coefficients for one pair of rates.
#[derive(Debug)]
pub(super) struct Filter {
    /// Coefficients in a row: twice the reach, a multiple of [`LANES`].
    taps: usize,
    rows: Vec<f32>,
    layout: Layout,
}

#[derive(Clone, Copy, Debug)]
enum Layout {
    /// A row for each phase.
    Exact,
    /// Rows at `steps` phases to a frame, one more in front and two behind, for `phases` phases.
    Interpolated { steps: u32, phases: u32 },
}

impl Filter {
    pub(super) fn design(input_rate_hz: u32, ratio: Ratio) -> Self {
        let shape = Shape::new(input_rate_hz);
        let taps = 2 * shape.reach;
        let exact_len = ratio.outputs as usize * taps;
        if exact_len <= MAX_TABLE_LEN {
            let mut rows = vec![0.0; exact_len];
            let phases = ratio.outputs as usize;
            for phase in 0..=phases / 2 {
                let row = &mut rows[phase * taps..][..taps];
                shape.fill_row(phase as f64 / phases as f64, row);
                // The filter is symmetric: the phase as far from the next frame is the mirror.
                if phase > 0 {
                    rows.copy_within(phase * taps..(phase + 1) * taps, (phases - phase) * taps);
                    rows[(phases - phase) * taps..][..taps].reverse();
                }
            }
            return Self {
                taps,
                rows,
                layout: Layout::Exact,
            };
        }
        let steps = INTERPOLATED_RATE_HZ.div_ceil(input_rate_hz);
        let mut rows = vec![0.0; (steps as usize + 3) * taps];
        for (index, row) in rows.chunks_exact_mut(taps).enumerate() {
            shape.fill_row((index as f64 - 1.0) / f64::from(steps), row);
        }
        Self {
            taps,
            rows,
            layout: Layout::Interpolated {
                steps,
                phases: ratio.outputs,
            },
        }
    }

    /// How many frames are weighed for one sample.
    pub(super) fn taps(&self) -> usize {
        self.taps
    }

    /// How many frames after a sample's time it needs.
    pub(super) fn reach(&self) -> usize {
        self.taps / 2
    }

    /// The memory of the coefficients, in bytes.
    pub(super) fn table_bytes(&self) -> usize {
        size_of_val(self.rows.as_slice())
    }

    /// The sample at `phase` after the middle of `window`, which holds [`taps`](Self::taps) frames.
    pub(super) fn apply(&self, window: &[f32], phase: u32) -> f32 {
        match self.layout {
            Layout::Exact => dot(window, self.row(phase as usize)),
            Layout::Interpolated { steps, phases } => {
                let parts = phase * steps;
                let first = (parts / phases) as usize;
                let between = (parts % phases) as f32 / phases as f32;
                let weights = cubic_weights(between);
                (first..)
                    .zip(weights)
                    .map(|(row, w)| w * dot(window, self.row(row)))
                    .sum()
            }
        }
    }

    fn row(&self, index: usize) -> &[f32] {
        &self.rows[index * self.taps..][..self.taps]
    }
}

/// How many frames after a sample's time a filter for this rate needs.
pub(super) fn reach(input_rate_hz: u32) -> usize {
    Shape::new(input_rate_hz).reach
}

/// The continuous filter that all rows are taken from. Frequencies are in cycles per frame.
struct Shape {
    /// Frames to each side.
    reach: usize,
    cutoff: f64,
}

impl Shape {
    fn new(input_rate_hz: u32) -> Self {
        let rate = f64::from(input_rate_hz);
        let stop_hz = f64::from(input_rate_hz.min(OUTPUT_RATE_HZ)) / 2.0;
        let transition_hz = (stop_hz * TRANSITION).max(MIN_TRANSITION_HZ);
        // Kaiser's formula for the length, backwards and forwards: rounding the length up to whole
        // lanes narrows the transition.
        let spread = (STOP_DB - 7.95) / (2.285 * 2.0 * PI) / 2.0;
        let reach = ((spread * rate / transition_hz) as usize + 1).next_multiple_of(LANES / 2);
        let transition = spread / reach as f64;
        Self {
            reach,
            cutoff: stop_hz / rate - transition / 2.0,
        }
    }

    /// Fills the row of one phase, in frames. Its sum is made exactly 1, so that a constant stays
    /// constant from phase to phase.
    fn fill_row(&self, phase: f64, row: &mut [f32]) {
        let first = 1.0 - self.reach as f64 - phase;
        let values: Vec<f64> = (0..row.len())
            .map(|tap| self.at(first + tap as f64))
            .collect();
        let scale = 1.0 / values.iter().sum::<f64>();
        for (coefficient, value) in row.iter_mut().zip(values) {
            *coefficient = (value * scale) as f32;
        }
    }

    /// The filter's response, `frames` after its middle, up to a factor.
    fn at(&self, frames: f64) -> f64 {
        let x = frames / self.reach as f64;
        let inside = 1.0 - x * x;
        if inside <= 0.0 {
            return 0.0;
        }
        let turns = self.cutoff * frames;
        let sinc = if turns == 0.0 {
            1.0
        } else {
            sin_of_turns(turns) / (2.0 * PI * turns)
        };
        sinc * bessel_i0_of_root(BETA * BETA * inside)
    }
}

/// The sine of so many whole turns. Whole turns are taken off exactly, so that no large tables of π
/// are needed, and none are loaded with the page.
fn sin_of_turns(turns: f64) -> f64 {
    let halves = 2.0 * turns;
    let nearest = halves.round_ties_even();
    // Half a turn only changes the sign; what is left is at most a quarter.
    let x = PI * (halves - nearest);
    let sine = x * SINE_SERIES
        .iter()
        .rev()
        .fold(0.0, |sum, factor| sum * x * x + factor);
    if nearest % 2.0 == 0.0 { sine } else { -sine }
}

/// The modified Bessel function of order 0 at the root of `square`: the series in `square / 4`,
/// whose factors are 1 over the square of each factorial.
fn bessel_i0_of_root(square: f64) -> f64 {
    I0_SERIES
        .iter()
        .rev()
        .fold(0.0, |sum, factor| sum * square + factor)
}

/// Lagrange's weights for a point `t` of the way from the second of four equal steps to the third.
fn cubic_weights(t: f32) -> [f32; 4] {
    let (before, after, beyond) = (t + 1.0, t - 1.0, t - 2.0);
    [
        -t * after * beyond / 6.0,
        before * after * beyond / 2.0,
        -before * t * beyond / 2.0,
        before * t * after / 6.0,
    ]
}

/// The design's rejection, in decibels: 100 are promised, the rest is for what phases add up to.
const STOP_DB: f64 = 108.0;

/// The Kaiser window's parameter for [`STOP_DB`], by Kaiser's own formula.
const BETA: f64 = 0.1102 * (STOP_DB - 8.7);

/// The transition's width, as a part of the stop band's edge: 872 Hz below 8 kHz. The response is
/// still within 0.01 dB where 7.2 kHz lie in it; a wider one would pass less, a narrower one delay.
const TRANSITION: f64 = 0.109;

/// The least width of the transition, in hertz: holds the delay at 8 kHz to 7 ms.
const MIN_TRANSITION_HZ: f64 = 500.0;

/// Coefficients in the largest table of exact phases: 400 kB. 11.025 kHz needs 82 000, 44.1 kHz
/// 54 000.
const MAX_TABLE_LEN: usize = 100_000;

/// Phases a second in an interpolated table: cubic interpolation of what ends at 8 kHz is then
/// wrong by 6 parts in 100 million, -144 dB, about the rounding of a Float32.
const INTERPOLATED_RATE_HZ: u32 = 1_200_000;

/// `1 / (4^k · k!²)`: enough terms for 16 digits at [`BETA`].
const I0_SERIES: [f64; 28] = {
    let mut series = [1.0; 28];
    let mut k = 1;
    while k < series.len() {
        series[k] = series[k - 1] / (4.0 * (k * k) as f64);
        k += 1;
    }
    series
};

/// `(-1)^k / (2k + 1)!`: enough terms for 16 digits at a quarter turn.
const SINE_SERIES: [f64; 12] = {
    let mut series = [1.0; 12];
    let mut k = 1;
    while k < series.len() {
        series[k] = -series[k - 1] / ((2 * k) * (2 * k + 1)) as f64;
        k += 1;
    }
    series
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_of_turns_is_the_sine() {
        for step in -4_000..=4_000 {
            let turns = f64::from(step) / 16.0 + f64::from(step) / 10_007.0;
            // The library's own argument is rounded: by as much may the two differ.
            let slack = 2e-15 + (2.0 * PI * turns).abs() * 3e-16;
            let error = sin_of_turns(turns) - (2.0 * PI * turns).sin();
            assert!(error.abs() <= slack, "{turns} turns: off by {error}");
        }
    }

    #[test]
    fn the_bessel_series_agrees_with_known_values() {
        // Abramowitz and Stegun, table 9.8 (there times exp(-x)).
        for (x, scaled) in [(0.0, 1.0), (1.0, 0.465_759_607_6), (10.0, 0.127_833_337_2)] {
            let value = bessel_i0_of_root(x * x) * f64::exp(-x);
            assert!((value - scaled).abs() < 1e-9, "I0({x}) gave {value}");
        }
    }

    #[test]
    fn cubic_weights_hit_the_points_and_keep_a_cubic() {
        assert_eq!(cubic_weights(0.0), [0.0, 1.0, 0.0, 0.0]);
        let cubic = |x: f32| 1.0 + 2.0 * x - 3.0 * x * x + 0.5 * x * x * x;
        let points = [-1.0, 0.0, 1.0, 2.0].map(cubic);
        let found: f32 = cubic_weights(0.3)
            .iter()
            .zip(points)
            .map(|(w, p)| w * p)
            .sum();
        assert!((found - cubic(0.3)).abs() < 1e-5);
    }

    #[test]
    fn a_constant_stays_constant_at_every_phase() {
        for rate in [8_000, 11_025, 44_099, 44_100, 48_000, 192_000] {
            let ratio = Ratio::from_rate(rate);
            let filter = Filter::design(rate, ratio);
            let window = vec![1.0; filter.taps()];
            for phase in 0..ratio.outputs {
                let sample = filter.apply(&window, phase);
                assert!(
                    (sample - 1.0).abs() < 3e-6,
                    "{rate} Hz, phase {phase}: {sample}"
                );
            }
        }
    }

    #[test]
    fn tables_stay_small_and_delays_short_at_every_rate() {
        for rate in (8_000..=192_000)
            .step_by(997)
            .chain([11_025, 44_099, 44_100, 191_999])
        {
            let filter = Filter::design(rate, Ratio::from_rate(rate));
            let delay_ms = filter.reach() as f64 * 1e3 / f64::from(rate);
            assert!(delay_ms <= 7.5, "{rate} Hz is {delay_ms} ms late");
            assert!(filter.table_bytes() <= 4 * MAX_TABLE_LEN, "{rate} Hz");
        }
    }
}
