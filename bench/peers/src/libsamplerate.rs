//! libsamplerate, translated from C to Rust by a program: the same arithmetic and the same tables.

#![expect(unsafe_code, reason = "the translated library has the interface of C")]

use std::ptr::{NonNull, null, null_mut};

use libsamplerate::{SRC_DATA, SRC_STATE, src_delete, src_new, src_process};

use crate::interface::{OUTPUT_RATE_HZ, Resample};

pub(crate) struct Src {
    state: NonNull<SRC_STATE>,
    ratio: f64,
    samples: Vec<f32>,
}

impl Src {
    /// Creates the converter `SRC_SINC_BEST_QUALITY`.
    pub(crate) fn best(rate_hz: u32) -> Self {
        Self::new(rate_hz, 0)
    }

    /// Creates the converter `SRC_SINC_MEDIUM_QUALITY`.
    pub(crate) fn medium(rate_hz: u32) -> Self {
        Self::new(rate_hz, 1)
    }

    fn new(rate_hz: u32, converter: i32) -> Self {
        // SAFETY: the pointer for an error code may be null.
        let state = unsafe { src_new(converter, 1, null_mut()) };
        Self {
            state: NonNull::new(state).expect("the converter exists"),
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
            // SAFETY: the state is from `src_new` and not yet deleted. The pointers and lengths are
            // those of the two slices, which nothing else uses during the call.
            let error = unsafe { src_process(self.state.as_ptr(), &raw mut data) };
            assert_eq!(error, 0, "all ratios from 1/256 to 256 are supported");
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
        // SAFETY: the state is from `src_new`, and is not used after this.
        unsafe { src_delete(self.state.as_ptr()) };
    }
}
