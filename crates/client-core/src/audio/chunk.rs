//! How long a chunk is.

use super::{
    bounds::{MAX_CHUNK_MS, MIN_CHUNK_MS, OUTPUT_RATE_HZ},
    error::AudioError,
};

/// The length of a chunk: from 50 to 1000 ms, 100 ms unless told otherwise.
///
/// The bounds are the service's own: it closes a session whose frames are shorter or longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkLength {
    ms: u32,
}

impl ChunkLength {
    /// The shortest chunk that the service takes: 50 ms.
    pub const MIN: Self = Self { ms: MIN_CHUNK_MS };
    /// The longest chunk that the service takes: 1000 ms.
    pub const MAX: Self = Self { ms: MAX_CHUNK_MS };

    /// A chunk of `ms` milliseconds.
    ///
    /// # Errors
    ///
    /// [`AudioError::ChunkLength`] if it is not from 50 to 1000 ms.
    pub fn from_ms(ms: u32) -> Result<Self, AudioError> {
        let length = Self { ms };
        if (Self::MIN..=Self::MAX).contains(&length) {
            Ok(length)
        } else {
            Err(AudioError::ChunkLength { ms })
        }
    }

    /// The length in milliseconds.
    #[must_use]
    pub const fn ms(self) -> u32 {
        self.ms
    }

    /// The length in samples at 16 kHz: always a whole number, 16 to the millisecond.
    #[must_use]
    pub const fn samples(self) -> usize {
        (self.ms * (OUTPUT_RATE_HZ / 1_000)) as usize
    }
}

impl Default for ChunkLength {
    /// 100 ms: a word is not late, and the messages are few.
    fn default() -> Self {
        Self { ms: 100 }
    }
}
