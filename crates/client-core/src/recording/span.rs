//! The position of a session on the timeline.

use inturn_protocol::SAMPLE_RATE_HZ;

/// The part of the timeline that one session transcribes, from one sample of the recording on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Index in the recording of the session's first sample, at the service's rate of 16 kHz.
    pub first_sample: u64,
}

impl Span {
    /// Returns the start of the session, in milliseconds of the timeline.
    pub fn start_ms(self) -> u32 {
        let start_ms = self.first_sample.saturating_mul(1_000) / u64::from(SAMPLE_RATE_HZ);
        // `u32` holds 49 days, longer than any recording.
        u32::try_from(start_ms).unwrap_or(u32::MAX)
    }

    /// Returns the sample of the recording at `session_ms` of the session's audio, at 16 kHz.
    pub(super) fn timeline_sample(self, session_ms: u64) -> u64 {
        let samples = session_ms.saturating_mul(u64::from(SAMPLE_RATE_HZ) / 1_000);
        self.first_sample.saturating_add(samples)
    }
}
