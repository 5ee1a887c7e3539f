//! Linear interpolation: what pages use that have no library.

use crate::interface::{OUTPUT_RATE_HZ, Resample};

pub(crate) struct Linear {
    /// Input frames per output sample.
    step: f64,
    /// Position of the next output sample after `last`, in input frames.
    position: f64,
    last: f32,
}

impl Linear {
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self {
            step: f64::from(rate_hz) / f64::from(OUTPUT_RATE_HZ),
            position: 1.0,
            last: 0.0,
        }
    }
}

impl Resample for Linear {
    fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        for &frame in input {
            while self.position <= 1.0 {
                output.push(self.last + (frame - self.last) * self.position as f32);
                self.position += self.step;
            }
            self.position -= 1.0;
            self.last = frame;
        }
    }
}
