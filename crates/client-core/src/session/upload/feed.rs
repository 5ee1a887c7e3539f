//! The position of one session in the recording's audio.

use super::chunk::{Chunk, KEPT_SILENCE, samples_in};
use crate::{Moment, recording::Span};

/// The position of one session in the audio, and its pacing.
///
/// Pacing is a leaky bucket that holds [`BURST`](super::BURST) and leaks at [`PACE`](super::PACE).
/// `paced_until` is the time at which it will be empty. A chunk may be sent when it fits into the
/// bucket. A chunk longer than the bucket may be sent when the bucket is empty.
#[derive(Debug, Default)]
pub(in crate::session) struct Feed {
    span: Span,
    /// The next sample of the recording to send.
    next_sample: u64,
    /// The sample of the recording at which the session's audio ends, if it ends before the
    /// recording.
    end_sample: Option<u64>,
    /// Number of samples sent.
    sent_samples: u64,
    pub(super) paced_until: Moment,
    /// Number of silent samples at the end of what was sent.
    silent_samples: u64,
}

impl Feed {
    /// Creates a feed that begins at `first_sample` of the recording, for a session that owns the
    /// part of the recording from `owned_from` until `owned_until`.
    pub(in crate::session) fn new(
        first_sample: u64,
        owned_from: u64,
        owned_until: Option<u64>,
    ) -> Self {
        Self {
            span: Span::owning(first_sample, owned_from, owned_until),
            next_sample: first_sample,
            ..Self::default()
        }
    }

    /// Ends the feed at a sample of the recording.
    pub(in crate::session) fn end_at(&mut self, sample: u64) {
        self.end_sample = Some(sample);
    }

    /// Returns the session's position on the timeline.
    pub(in crate::session) fn span(&self) -> &Span {
        &self.span
    }

    /// Returns the next sample of the recording to send.
    pub(in crate::session) fn next_sample(&self) -> u64 {
        self.next_sample
    }

    /// Returns where the session's audio ends, if the recording's audio ends at `recorded`.
    pub(super) fn end(&self, recorded: u64) -> u64 {
        self.end_sample.map_or(recorded, |end| end.min(recorded))
    }

    /// Returns `true` if the session needs no more audio, however much is recorded later.
    pub(in crate::session) fn is_finished(&self) -> bool {
        self.end_sample.is_some_and(|end| self.next_sample >= end)
    }

    /// Returns `true` if nothing more must be sent while the recording's audio ends at `recorded`.
    pub(super) fn is_at_end(&self, recorded: u64) -> bool {
        self.next_sample >= self.end(recorded)
    }

    /// Records that `chunk` is sent. Audio before it that is no longer kept is left out.
    pub(super) fn advance(&mut self, chunk: &Chunk) {
        self.leave_out_until(chunk.first_sample);
        self.next_sample = chunk.end();
        self.sent_samples += chunk.samples();
        self.silent_samples = if chunk.is_silent {
            self.silent_samples + chunk.samples()
        } else {
            0
        };
    }

    /// Leaves out the audio up to a sample of the recording.
    pub(super) fn leave_out_until(&mut self, sample: u64) {
        if let Some(samples @ 1..) = sample.checked_sub(self.next_sample) {
            self.span.skip(self.sent_samples, samples);
            self.next_sample = sample;
        }
    }

    /// Returns `true` if the sent audio ends with enough silence for the service to end a turn.
    pub(super) fn has_enough_silence(&self) -> bool {
        self.silent_samples >= samples_in(KEPT_SILENCE)
    }
}
