//! The resampler of Speex in Rust. Many browsers and telephones use the original.

use speexdsp_resampler::State;

use crate::interface::{OUTPUT_RATE_HZ, QUANTUM_FRAMES, Resample};

pub(crate) struct Speex {
    state: State,
    samples: [f32; 2 * QUANTUM_FRAMES],
}

impl Speex {
    pub(crate) fn new(rate_hz: u32) -> Self {
        let state = State::new(1, rate_hz as usize, OUTPUT_RATE_HZ as usize, BEST)
            .expect("the quality exists");
        Self {
            state,
            samples: [0.0; 2 * QUANTUM_FRAMES],
        }
    }
}

impl Resample for Speex {
    fn push(&mut self, mut input: &[f32], output: &mut Vec<f32>) {
        // Empty input would panic.
        while !input.is_empty() {
            let piece = &input[..input.len().min(QUANTUM_FRAMES)];
            let (taken, given) = self
                .state
                .process_float(0, piece, &mut self.samples)
                .expect("the channel exists");
            output.extend_from_slice(&self.samples[..given]);
            input = &input[taken..];
        }
    }
}

/// The highest of eleven quality levels.
const BEST: usize = 10;
