//! What all resamplers here have in common.

/// The rate of what comes out, in hertz.
pub const OUTPUT_RATE_HZ: u32 = 16_000;

/// Frames in the blocks of those that take no others: what a browser renders at a time.
pub const QUANTUM_FRAMES: usize = 128;

/// Something that resamples to 16 kHz.
pub trait Resample {
    /// Takes `input`, and appends to `output` what it gives.
    fn push(&mut self, input: &[f32], output: &mut Vec<f32>);
}
