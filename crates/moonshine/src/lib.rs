#![doc = include_str!("../README.md")]

pub mod pipe;

/// Rate of the audio, in Hz: that of the library's models.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// The name of the program, without the extension that Windows adds.
pub const PROGRAM: &str = "inturn-moonshine";
