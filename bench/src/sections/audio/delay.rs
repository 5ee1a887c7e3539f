//! How late a sample is, at worst.

use inturn_bench_peers::{OUTPUT_RATE_HZ, Resample};

/// How long after a sound its sample can be taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delay {
    /// At worst, in milliseconds.
    pub(super) worst_ms: f64,
    /// How much of that is a wait for others of its block: the worst less the shortest.
    pub(super) held_ms: f64,
}

/// Measures what `build` builds, frame by frame.
pub(super) fn measure(rate_hz: u32, build: fn(u32) -> Box<dyn Resample>) -> Delay {
    let rate = f64::from(rate_hz);
    // Uneven, so that they meet different phases of the filter.
    let pulses = [3, 4, 5].map(|eighths| rate_hz * eighths / 8 + 7 * eighths);
    let offsets = pulses.map(|frame| {
        let (output, _) = one_by_one(rate_hz, build, |at| pulse(at.abs_diff(frame), rate_hz));
        centre(&output) - f64::from(frame) * f64::from(OUTPUT_RATE_HZ) / rate
    });
    let offset = offsets.iter().sum::<f64>() / offsets.len() as f64;

    let (_, taken_at) = one_by_one(rate_hz, build, |_| 0.0);
    let delays = taken_at.iter().enumerate().map(|(sample, &frame)| {
        let sounded_at = (sample as f64 - offset) / f64::from(OUTPUT_RATE_HZ);
        f64::from(frame) / rate - sounded_at
    });
    // The first samples may be of the time before the input.
    let settled: Vec<f64> = delays.skip(taken_at.len() / 4).collect();
    let worst = settled.iter().copied().fold(f64::MIN, f64::max);
    let least = settled.iter().copied().fold(f64::MAX, f64::min);
    Delay {
        worst_ms: worst * 1e3,
        held_ms: (worst - least) * 1e3,
    }
}

/// A second of sound, a frame at a time: the samples, and with which frame each came.
fn one_by_one(
    rate_hz: u32,
    build: fn(u32) -> Box<dyn Resample>,
    frame: impl Fn(u32) -> f32,
) -> (Vec<f32>, Vec<u32>) {
    let mut resampler = build(rate_hz);
    let (mut output, mut taken_at) = (Vec::new(), Vec::new());
    for at in 0..rate_hz {
        resampler.push(&[frame(at)], &mut output);
        taken_at.resize(output.len(), at);
    }
    (output, taken_at)
}

/// A pulse around a frame, so many frames beside its middle. It is as wide as four output samples,
/// lest a resampler that skips frames skip it.
fn pulse(beside: u32, rate_hz: u32) -> f32 {
    let reach = f64::from(2 * rate_hz / OUTPUT_RATE_HZ + 1);
    let turn = std::f64::consts::PI * f64::from(beside) / reach;
    if f64::from(beside) < reach {
        (0.5 + 0.5 * turn.cos()) as f32
    } else {
        0.0
    }
}

/// The centre of a pulse's energy, in samples: that of the filter, whatever the phase.
fn centre(samples: &[f32]) -> f64 {
    let (moment, mass) = samples
        .iter()
        .enumerate()
        .map(|(index, &sample)| (index as f64, f64::from(sample).powi(2)))
        .fold((0.0, 0.0), |(moment, mass), (index, energy)| {
            (moment + index * energy, mass + energy)
        });
    moment / mass
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three frames become one, in blocks.
    struct Late {
        block: usize,
        waiting: Vec<f32>,
    }

    impl Resample for Late {
        fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
            self.waiting.extend_from_slice(input);
            if self.waiting.len() >= self.block {
                output.extend(
                    self.waiting
                        .chunks(3)
                        .map(|three| three.iter().sum::<f32>()),
                );
                self.waiting.clear();
            }
        }
    }

    #[test]
    fn what_skips_frames_is_measured_too() {
        let linear = inturn_bench_peers::all()
            .into_iter()
            .find(|peer| peer.id == "linear");
        let linear = linear.expect("it is always built in");
        for rate_hz in [48_000, 192_000] {
            let delay = measure(rate_hz, linear.build);
            assert!(delay.worst_ms.abs() < 0.01, "{rate_hz} Hz: {delay:?}");
        }
    }

    #[test]
    fn what_is_held_for_a_block_is_told() {
        let delay = measure(48_000, |_| {
            Box::new(Late {
                block: 480,
                waiting: Vec::new(),
            })
        });
        // The middle of the first three waits for 478 more frames, that of the last three for one.
        assert!((delay.worst_ms - 478.0 / 48.0).abs() < 1e-3, "{delay:?}");
        assert!((delay.held_ms - 477.0 / 48.0).abs() < 1e-3, "{delay:?}");
    }
}
