//! The ratio of two rates. Time is counted in integers, so it does not drift.

use super::bounds::OUTPUT_RATE_HZ;

/// `outputs` samples come out for every `inputs` that go in, in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    pub(super) outputs: u32,
    pub(super) inputs: u32,
}

impl Ratio {
    pub(super) fn from_rate(input_rate_hz: u32) -> Self {
        let divisor = common_divisor(input_rate_hz, OUTPUT_RATE_HZ);
        Self {
            outputs: OUTPUT_RATE_HZ / divisor,
            inputs: input_rate_hz / divisor,
        }
    }

    /// Returns the number of samples within `frames` input frames: those before the time of the
    /// next frame.
    pub(super) fn samples_for(self, frames: u64) -> u64 {
        (frames * u64::from(self.outputs)).div_ceil(u64::from(self.inputs))
    }

    /// Advances a phase, in units of `1 / outputs` of a frame, by one output sample. Returns the
    /// new phase and the number of whole frames passed.
    pub(super) fn advance(self, phase: u32) -> (u32, usize) {
        let parts = phase + self.inputs;
        (parts % self.outputs, (parts / self.outputs) as usize)
    }
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_reduce_to_lowest_terms() {
        assert_eq!(
            Ratio::from_rate(48_000),
            Ratio {
                outputs: 1,
                inputs: 3
            }
        );
        assert_eq!(
            Ratio::from_rate(44_100),
            Ratio {
                outputs: 160,
                inputs: 441
            }
        );
        assert_eq!(
            Ratio::from_rate(8_000),
            Ratio {
                outputs: 2,
                inputs: 1
            }
        );
        assert_eq!(
            Ratio::from_rate(44_099),
            Ratio {
                outputs: 16_000,
                inputs: 44_099
            }
        );
    }

    #[test]
    fn a_sample_counts_from_its_start_time_on() {
        let ratio = Ratio::from_rate(48_000);
        assert_eq!(
            [0, 1, 3, 4, 6].map(|frames| ratio.samples_for(frames)),
            [0, 1, 1, 2, 2]
        );
    }

    #[test]
    fn advancing_for_an_hour_agrees_with_multiplication() {
        for rate in [11_025, 44_099, 44_100, 191_999] {
            let ratio = Ratio::from_rate(rate);
            let (mut phase, mut frames) = (0, 0_u64);
            let samples = 3_600 * u64::from(OUTPUT_RATE_HZ);
            for _ in 0..samples {
                let (next, passed) = ratio.advance(phase);
                phase = next;
                frames += passed as u64;
            }
            assert_eq!((frames, phase), (3_600 * u64::from(rate), 0), "{rate} Hz");
        }
    }
}
