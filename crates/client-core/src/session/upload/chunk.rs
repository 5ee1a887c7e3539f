//! Chunks of audio, and their lengths.

use std::{fmt, sync::Arc, time::Duration};

use inturn_protocol::SAMPLE_RATE_HZ;

/// Length of the silence at the start of a stretch that is sent even from a backlog. It separates
/// two words, and ends a turn of most models. The last chunk of a stretch is sent too.
pub(super) const KEPT_SILENCE: Duration = Duration::from_millis(400);

/// A chunk of audio.
pub(super) struct Chunk {
    pub(super) first_sample: u64,
    /// Little-endian samples, in the format of the service.
    pub(super) frame: Arc<[u8]>,
    /// The greatest absolute sample.
    pub(super) peak: u16,
    pub(super) is_silent: bool,
    pub(super) is_speech: bool,
}

impl fmt::Debug for Chunk {
    /// Omits the samples.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.first_sample, self.end())
    }
}

impl Chunk {
    pub(super) fn samples(&self) -> u64 {
        (self.frame.len() / size_of::<i16>()) as u64
    }

    pub(super) fn end(&self) -> u64 {
        self.first_sample + self.samples()
    }

    pub(super) fn duration(&self) -> Duration {
        duration(self.samples())
    }
}

/// Returns the duration of `samples` samples.
pub(in crate::session) fn duration(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(SAMPLE_RATE_HZ))
}

/// Returns the duration of `bytes` bytes of audio.
pub(in crate::session) fn audio(bytes: u64) -> Duration {
    duration(bytes / size_of::<i16>() as u64)
}

/// Returns the number of samples in `duration`.
pub(in crate::session) fn samples_in(duration: Duration) -> u64 {
    duration.as_millis() as u64 * u64::from(SAMPLE_RATE_HZ) / 1_000
}
