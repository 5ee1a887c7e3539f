//! The worst delay of a resampler.

use inturn_bench_peers::{OUTPUT_RATE_HZ, Resample};

/// The time from a sound to the moment its output sample is available.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delay {
    /// The worst delay, in milliseconds.
    pub(super) worst_ms: f64,
    /// The part that is waiting for a whole block: the worst delay minus the shortest.
    pub(super) held_ms: f64,
}

/// Measures the resampler that `build` creates, with input frame by frame.
pub(super) fn measure(rate_hz: u32, build: fn(u32) -> Box<dyn Resample>) -> Delay {
    let rate = f64::from(rate_hz);
    // Uneven positions, so that different phases of the filter are measured.
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
    // The first samples may be from the time before the input.
    let settled: Vec<f64> = delays.skip(taken_at.len() / 4).collect();
    let worst = settled.iter().copied().fold(f64::MIN, f64::max);
    let least = settled.iter().copied().fold(f64::MAX, f64::min);
    Delay {
        worst_ms: worst * 1e3,
        held_ms: (worst - least) * 1e3,
    }
}

/// Resamples one second frame by frame. Returns the samples, and for each the index of the frame
/// after which it came.
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

/// Returns the value of a pulse at a distance from its middle, in frames. The pulse is four output
/// samples wide, so that a resampler that skips frames does not miss it.
fn pulse(distance: u32, rate_hz: u32) -> f32 {
    let reach = f64::from(2 * rate_hz / OUTPUT_RATE_HZ + 1);
    let turn = std::f64::consts::PI * f64::from(distance) / reach;
    if f64::from(distance) < reach {
        (0.5 + 0.5 * turn.cos()) as f32
    } else {
        0.0
    }
}

/// Returns the centre of a pulse's energy, in samples. It does not depend on the filter's phase.
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

    /// Sums up three frames into one sample, and waits for whole blocks.
    struct BlockResampler {
        block: usize,
        waiting: Vec<f32>,
    }

    impl Resample for BlockResampler {
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
    fn a_resampler_that_skips_frames_can_be_measured() {
        let linear = inturn_bench_peers::all()
            .into_iter()
            .find(|peer| peer.id == "linear");
        let linear = linear.expect("linear is always built in");
        for rate_hz in [48_000, 192_000] {
            let delay = measure(rate_hz, linear.build);
            assert!(delay.worst_ms.abs() < 0.01, "{rate_hz} Hz: {delay:?}");
        }
    }

    #[test]
    fn waiting_for_a_block_is_reported() {
        let delay = measure(48_000, |_| {
            Box::new(BlockResampler {
                block: 480,
                waiting: Vec::new(),
            })
        });
        // The middle of the first three frames waits for 478 more frames, that of the last for one.
        assert!((delay.worst_ms - 478.0 / 48.0).abs() < 1e-3, "{delay:?}");
        assert!((delay.held_ms - 477.0 / 48.0).abs() < 1e-3, "{delay:?}");
    }
}
