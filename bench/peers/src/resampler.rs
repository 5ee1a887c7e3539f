//! The crate `resampler`: polyphase filters of fixed length, designed for low delay.

use resampler::{Attenuation, Latency, ResamplerFir};

use crate::interface::{OUTPUT_RATE_HZ, Resample};

pub(crate) struct Fir {
    resampler: ResamplerFir,
    samples: Vec<f32>,
}

impl Fir {
    pub(crate) fn new(rate_hz: u32) -> Self {
        let resampler = ResamplerFir::new_from_hz(
            1,
            rate_hz,
            OUTPUT_RATE_HZ,
            Latency::Sample64,
            Attenuation::Db120,
        );
        Self {
            samples: vec![0.0; resampler.buffer_size_output()],
            resampler,
        }
    }
}

impl Resample for Fir {
    fn push(&mut self, mut input: &[f32], output: &mut Vec<f32>) {
        while !input.is_empty() {
            let (taken, given) = self
                .resampler
                .resample(input, &mut self.samples)
                .expect("the buffer has the requested size");
            output.extend_from_slice(&self.samples[..given]);
            input = &input[taken..];
        }
    }
}
