//! A straight line from frame to frame: what pages do that take no library.

use crate::interface::{OUTPUT_RATE_HZ, Resample};

pub(crate) struct Linear {
    /// Frames from one output sample to the next.
    step: f64,
    /// How far the next output sample lies after `last`, in frames.
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
