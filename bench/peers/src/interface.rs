//! The common interface of all resamplers.

/// The output rate, in hertz.
pub const OUTPUT_RATE_HZ: u32 = 16_000;

/// Frames per block, for resamplers with a fixed block size: the rendering quantum of browsers.
pub const QUANTUM_FRAMES: usize = 128;

/// A resampler to 16 kHz.
pub trait Resample {
    /// Processes `input`, and appends the samples that are ready to `output`.
    fn push(&mut self, input: &[f32], output: &mut Vec<f32>);
}
