//! What can be wrong with the settings of the audio path.

use thiserror::Error;

use super::bounds::{MAX_CHUNK_MS, MAX_INPUT_RATE_HZ, MIN_CHUNK_MS, MIN_INPUT_RATE_HZ};

/// A setting that the audio path can't work with. Audio itself is never an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AudioError {
    /// The device's rate is outside what is resampled.
    #[error(
        "The microphone runs at {rate_hz} Hz: choose one that runs at \
         {MIN_INPUT_RATE_HZ} to {MAX_INPUT_RATE_HZ} Hz."
    )]
    InputRate {
        /// The rate that was asked for, in hertz.
        rate_hz: u32,
    },
    /// The chunk length is outside what the service takes.
    #[error("The chunk length is {ms} ms: choose one from {MIN_CHUNK_MS} to {MAX_CHUNK_MS} ms.")]
    ChunkLength {
        /// The length that was asked for, in milliseconds.
        ms: u32,
    },
}
