//! rubato with its default settings.

use rubato::{Resampler, audioadapter_buffers::direct::InterleavedSlice};

use crate::interface::{OUTPUT_RATE_HZ, Resample};

pub(crate) struct Rubato<R> {
    resampler: R,
    /// Frames of an incomplete block.
    waiting: Vec<f32>,
    samples: Vec<f32>,
}

#[cfg(feature = "rubato-sinc")]
impl Rubato<rubato::Async<f32>> {
    /// Creates the interpolated sinc resampler of 256 frames, with the browser's block size.
    pub(crate) fn sinc(rate_hz: u32) -> Self {
        let resampler = rubato::Async::new_sinc(
            f64::from(OUTPUT_RATE_HZ) / f64::from(rate_hz),
            1.0,
            &rubato::SincInterpolationParameters::default(),
            crate::interface::QUANTUM_FRAMES,
            1,
            rubato::FixedAsync::Input,
        )
        .expect("the ratio is in range");
        Self::around(resampler)
    }
}

#[cfg(feature = "rubato-fft")]
impl Rubato<rubato::Fft<f32>> {
    /// Creates the FFT resampler, with the block size of its documentation.
    pub(crate) fn fft(rate_hz: u32) -> Self {
        let resampler = rubato::Fft::new(
            rate_hz as usize,
            OUTPUT_RATE_HZ as usize,
            FFT_FRAMES,
            1,
            rubato::FixedSync::Input,
        )
        .expect("the rates are in range");
        Self::around(resampler)
    }
}

impl<R: Resampler<f32>> Rubato<R> {
    fn around(resampler: R) -> Self {
        Self {
            waiting: Vec::with_capacity(resampler.input_frames_max()),
            samples: vec![0.0; resampler.output_frames_max()],
            resampler,
        }
    }
}

impl<R: Resampler<f32>> Resample for Rubato<R> {
    fn push(&mut self, mut input: &[f32], output: &mut Vec<f32>) {
        while !input.is_empty() {
            let needed = self.resampler.input_frames_next();
            let (now, later) = input.split_at(input.len().min(needed - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            input = later;
            if self.waiting.len() < needed {
                return;
            }
            let room = self.samples.len();
            let from = InterleavedSlice::new(&self.waiting, 1, needed);
            let into = InterleavedSlice::new_mut(&mut self.samples, 1, room);
            let (from, mut into) = (
                from.expect("the block is full"),
                into.expect("the range is the whole buffer"),
            );
            let (_, given) = self
                .resampler
                .process_into_buffer(&from, &mut into, None)
                .expect("the buffers have the requested sizes");
            output.extend_from_slice(&self.samples[..given]);
            self.waiting.clear();
        }
    }
}

/// Frames in a block.
#[cfg(feature = "rubato-fft")]
const FFT_FRAMES: usize = 1_024;
