//! The length of a chunk.

use super::{
    bounds::{MAX_CHUNK_MS, MIN_CHUNK_MS, OUTPUT_RATE_HZ},
    error::AudioError,
};

/// The length of a chunk: 50 to 1000 ms, 100 ms by default.
///
/// The service sets these bounds: it closes a session whose frames are shorter or longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkLength {
    ms: u32,
}

impl ChunkLength {
    /// The shortest chunk that the service accepts: 50 ms.
    pub const MIN: Self = Self { ms: MIN_CHUNK_MS };
    /// The longest chunk that the service accepts: 1000 ms.
    pub const MAX: Self = Self { ms: MAX_CHUNK_MS };

    /// Creates a chunk length of `ms` milliseconds.
    ///
    /// # Errors
    ///
    /// Returns [`AudioError::ChunkLength`] if `ms` is not from 50 to 1000.
    pub fn from_ms(ms: u32) -> Result<Self, AudioError> {
        let length = Self { ms };
        if (Self::MIN..=Self::MAX).contains(&length) {
            Ok(length)
        } else {
            Err(AudioError::ChunkLength { ms })
        }
    }

    /// Returns the length in milliseconds.
    #[must_use]
    pub const fn ms(self) -> u32 {
        self.ms
    }

    /// Returns the length in samples at 16 kHz: always a whole number, 16 per millisecond.
    #[must_use]
    pub const fn samples(self) -> usize {
        (self.ms * (OUTPUT_RATE_HZ / 1_000)) as usize
    }
}

impl Default for ChunkLength {
    /// Returns 100 ms: short enough for low latency, long enough to keep the message count low.
    fn default() -> Self {
        Self { ms: 100 }
    }
}
