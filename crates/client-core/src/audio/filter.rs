//! The low-pass filter between two rates: a polyphase, Kaiser-windowed sinc.
//!
//! An output sample lies between two input frames. Its phase is its distance from the first one.
//! Each phase has a row of coefficients. If the ratio of the rates is simple, every possible phase
//! has its own row. If not (44 099 Hz has 16 000 phases), the table holds only a few rows, and
//! cubic interpolation gives the rows between them. That takes four times the work and a fraction
//! of the memory.

use std::f64::consts::PI;

use super::{
    bounds::OUTPUT_RATE_HZ,
    dot::{LANES, dot},
    ratio::Ratio,
};

/// The coefficients for one pair of rates.
#[derive(Debug)]
pub(super) struct Filter {
    /// Number of coefficients in a row: twice the reach, a multiple of [`LANES`].
    taps: usize,
    rows: Vec<f32>,
    layout: Layout,
}

#[derive(Clone, Copy, Debug)]
enum Layout {
    /// One row for each phase.
    Exact,
    /// `steps` rows per frame that stand for `phases` phases, with one more row before and two
    /// after.
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
                // The filter is symmetric: the phase at the same distance before the next frame has
                // the mirrored row.
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

    /// Returns the number of frames that contribute to one sample.
    pub(super) fn taps(&self) -> usize {
        self.taps
    }

    /// Returns the number of frames that the filter needs after a sample's time.
    pub(super) fn reach(&self) -> usize {
        self.taps / 2
    }

    /// Returns the memory of the coefficients, in bytes.
    pub(super) fn table_bytes(&self) -> usize {
        size_of_val(self.rows.as_slice())
    }

    /// Returns the sample at `phase` after the middle of `window`, which holds
    /// [`taps`](Self::taps) frames.
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

/// Returns the number of frames that a filter for this rate needs after a sample's time.
pub(super) fn reach(input_rate_hz: u32) -> usize {
    Shape::new(input_rate_hz).reach
}

/// The continuous filter from which all rows are sampled. Frequencies are in cycles per frame.
struct Shape {
    /// Number of frames on each side.
    reach: usize,
    cutoff: f64,
}

impl Shape {
    fn new(input_rate_hz: u32) -> Self {
        let rate = f64::from(input_rate_hz);
        let stop_hz = f64::from(input_rate_hz.min(OUTPUT_RATE_HZ)) / 2.0;
        let transition_hz = (stop_hz * TRANSITION).max(MIN_TRANSITION_HZ);
        // Kaiser's formula gives the length from the transition's width, and then the width from
        // the rounded length: rounding up to whole lanes narrows the transition.
        let spread = (STOP_DB - 7.95) / (2.285 * 2.0 * PI) / 2.0;
        let reach = ((spread * rate / transition_hz) as usize + 1).next_multiple_of(LANES / 2);
        let transition = spread / reach as f64;
        Self {
            reach,
            cutoff: stop_hz / rate - transition / 2.0,
        }
    }

    /// Fills the row of one phase, given in frames. Normalises its sum to exactly 1, so that a
    /// constant input gives the same output at every phase.
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

    /// Returns the impulse response at `frames` after its middle, up to a constant factor.
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

/// Returns the sine of an angle in turns. Subtracts whole turns exactly, so that it needs no large
/// tables of π and the page does not load any.
fn sin_of_turns(turns: f64) -> f64 {
    let halves = 2.0 * turns;
    let nearest = halves.round_ties_even();
    // Half a turn only changes the sign. The rest is at most a quarter turn.
    let x = PI * (halves - nearest);
    let sine = x * SINE_SERIES
        .iter()
        .rev()
        .fold(0.0, |sum, factor| sum * x * x + factor);
    if nearest % 2.0 == 0.0 { sine } else { -sine }
}

/// Returns the modified Bessel function I₀ at the square root of `square`: a power series in
/// `square / 4` with the factors `1 / k!²`.
fn bessel_i0_of_root(square: f64) -> f64 {
    I0_SERIES
        .iter()
        .rev()
        .fold(0.0, |sum, factor| sum * square + factor)
}

/// Returns the Lagrange weights of four equidistant points, for a position between the second
/// (`t` = 0) and the third (`t` = 1).
fn cubic_weights(t: f32) -> [f32; 4] {
    let (before, after, beyond) = (t + 1.0, t - 1.0, t - 2.0);
    [
        -t * after * beyond / 6.0,
        before * after * beyond / 2.0,
        -before * t * beyond / 2.0,
        before * t * after / 6.0,
    ]
}

/// Stop-band rejection of the design, in decibels. The crate promises 100; the rest is a margin for
/// errors that add up over the phases.
const STOP_DB: f64 = 108.0;

/// The Kaiser window's parameter for [`STOP_DB`], by Kaiser's own formula.
const BETA: f64 = 0.1102 * (STOP_DB - 8.7);

/// Width of the transition, as a fraction of the stop band's edge: 872 Hz below 8 kHz. The response
/// at 7.2 kHz is still within 0.01 dB. A wider transition would attenuate it more, and a narrower
/// one would add delay.
const TRANSITION: f64 = 0.109;

/// Minimum width of the transition, in hertz: keeps the delay at 8 kHz within 7 ms.
const MIN_TRANSITION_HZ: f64 = 500.0;

/// Maximum number of coefficients in a table of exact phases: 400 kB. 11.025 kHz needs 82 000 and
/// 44.1 kHz 54 000.
const MAX_TABLE_LEN: usize = 100_000;

/// Phases per second in an interpolated table. Cubic interpolation of a signal band-limited to 8
/// kHz then has an error of 6 parts in 100 million, -144 dB, about the rounding error of a Float32.
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
    fn sin_of_turns_agrees_with_the_standard_library() {
        for step in -4_000..=4_000 {
            let turns = f64::from(step) / 16.0 + f64::from(step) / 10_007.0;
            // The argument of the library's function is rounded, so the two may differ by as much.
            let slack = 2e-15 + (2.0 * PI * turns).abs() * 3e-16;
            let error = sin_of_turns(turns) - (2.0 * PI * turns).sin();
            assert!(error.abs() <= slack, "{turns} turns: off by {error}");
        }
    }

    #[test]
    fn the_bessel_series_agrees_with_known_values() {
        // Abramowitz and Stegun, table 9.8 (which lists the values times exp(-x)).
        for (x, scaled) in [(0.0, 1.0), (1.0, 0.465_759_607_6), (10.0, 0.127_833_337_2)] {
            let value = bessel_i0_of_root(x * x) * f64::exp(-x);
            assert!((value - scaled).abs() < 1e-9, "I0({x}) gave {value}");
        }
    }

    #[test]
    fn cubic_weights_reproduce_the_points_and_a_cubic() {
        assert_eq!(cubic_weights(0.0), [0.0, 1.0, 0.0, 0.0]);
        let cubic = |x: f32| 1.0 + 2.0 * x - 3.0 * x * x + 0.5 * x * x * x;
        let points = [-1.0, 0.0, 1.0, 2.0].map(cubic);
        let interpolated: f32 = cubic_weights(0.3)
            .iter()
            .zip(points)
            .map(|(w, p)| w * p)
            .sum();
        assert!((interpolated - cubic(0.3)).abs() < 1e-5);
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
