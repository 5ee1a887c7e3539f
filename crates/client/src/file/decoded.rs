//! What decoders return.

use std::io;

use symphonia::core::{audio::GenericAudioBufferRef, errors::Error};

/// Samples of a few milliseconds, a plane for each channel.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) planes: Vec<Vec<f32>>,
    /// What is wrong with this part of the file. Silence takes its place.
    pub(super) damage: Option<&'static str>,
}

/// Why decoding ends early.
#[derive(Debug, thiserror::Error)]
pub(super) enum DecodeError {
    #[error("{0}")]
    Read(#[from] io::Error),
    #[error("{0}")]
    Decode(#[from] Error),
    #[error("its rate changes from {0} to {1} Hz")]
    RateChanged(u32, u32),
}

impl Decoded {
    pub(super) fn from_samples(samples: &GenericAudioBufferRef<'_>) -> Self {
        let mut planes = Vec::new();
        samples.copy_to_vecs_planar(&mut planes);
        Self {
            planes,
            damage: None,
        }
    }

    /// The number of samples of each channel.
    pub(super) fn frames(&self) -> usize {
        self.planes.first().map_or(0, Vec::len)
    }
}
