//! Errors in the settings of the audio pipeline.

use thiserror::Error;

use super::bounds::{MAX_CHUNK_MS, MAX_INPUT_RATE_HZ, MIN_CHUNK_MS, MIN_INPUT_RATE_HZ};

/// An unsupported setting of the audio pipeline. Audio data itself never causes an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AudioError {
    /// The device's rate cannot be resampled.
    #[error(
        "The microphone runs at {rate_hz} Hz: choose one that runs at \
         {MIN_INPUT_RATE_HZ} to {MAX_INPUT_RATE_HZ} Hz."
    )]
    InputRate {
        /// The requested rate, in hertz.
        rate_hz: u32,
    },
    /// The service does not accept the chunk length.
    #[error("The chunk length is {ms} ms: choose one from {MIN_CHUNK_MS} to {MAX_CHUNK_MS} ms.")]
    ChunkLength {
        /// The requested length, in milliseconds.
        ms: u32,
    },
}
