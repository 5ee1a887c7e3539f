//! libsamplerate, translated from C to Rust by a program: the same arithmetic and the same tables.

use std::ptr::{NonNull, null, null_mut};

use libsamplerate::{SRC_DATA, SRC_STATE, src_delete, src_new, src_process};

use crate::interface::{OUTPUT_RATE_HZ, Resample};

pub(crate) struct Src {
    state: NonNull<SRC_STATE>,
    ratio: f64,
    samples: Vec<f32>,
}

impl Src {
    /// Its `SRC_SINC_BEST_QUALITY`.
    pub(crate) fn best(rate_hz: u32) -> Self {
        Self::new(rate_hz, 0)
    }

    /// Its `SRC_SINC_MEDIUM_QUALITY`.
    pub(crate) fn medium(rate_hz: u32) -> Self {
        Self::new(rate_hz, 1)
    }

    fn new(rate_hz: u32, converter: i32) -> Self {
        // SAFETY: it may be told that the place for an error is null.
        let state = unsafe { src_new(converter, 1, null_mut()) };
        Self {
            state: NonNull::new(state).expect("the converter is one that it has"),
            ratio: f64::from(OUTPUT_RATE_HZ) / f64::from(rate_hz),
            samples: vec![0.0; 4_096],
        }
    }
}

impl Resample for Src {
    fn push(&mut self, mut input: &[f32], output: &mut Vec<f32>) {
        loop {
            let mut data = SRC_DATA {
                data_in: if input.is_empty() {
                    null()
                } else {
                    input.as_ptr()
                },
                data_out: self.samples.as_mut_ptr(),
                input_frames: input.len() as _,
                output_frames: self.samples.len() as _,
                input_frames_used: 0,
                output_frames_gen: 0,
                end_of_input: 0,
                src_ratio: self.ratio,
            };
            // SAFETY: the state is from `src_new` and not yet deleted; the pointers are to as many
            // samples as is said, which nobody else uses meanwhile.
            let error = unsafe { src_process(self.state.as_ptr(), &raw mut data) };
            assert_eq!(error, 0, "it takes any ratio from 1/256 to 256");
            let (taken, given) = (
                data.input_frames_used as usize,
                data.output_frames_gen as usize,
            );
            output.extend_from_slice(&self.samples[..given]);
            input = &input[taken..];
            if input.is_empty() && given < self.samples.len() {
                return;
            }
        }
    }
}

impl Drop for Src {
    fn drop(&mut self) {
        // SAFETY: the state is from `src_new`, and nobody uses it after this.
        unsafe { src_delete(self.state.as_ptr()) };
    }
}
