//! The position of a session on the timeline.

use inturn_protocol::SAMPLE_RATE_HZ;

/// The part of the timeline that one session transcribes, and how its own times map to the
/// timeline.
///
/// All positions are samples at the service's rate of 16 kHz. A session may hear more than it owns:
/// its audio begins a little earlier, so that no word is cut in half, and words outside of the
/// owned part are dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The sample of the recording at which the session's audio begins.
    first_sample: u64,
    owned_from: u64,
    owned_until: Option<u64>,
    /// The parts that were left out, in order.
    skips: Vec<Skip>,
}

/// A part of the timeline that was left out of the session's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Skip {
    /// The sample of the session's audio before which the part was left out.
    session_sample: u64,
    /// Number of samples left out up to here, including earlier parts.
    total: u64,
}

impl Span {
    /// Creates a span that begins at `first_sample` of the recording and owns everything from
    /// there.
    pub fn from_sample(first_sample: u64) -> Self {
        Self::owning(first_sample, first_sample, None)
    }

    /// Creates a span whose audio begins at `first_sample` and which owns the samples of the
    /// recording from `owned_from` until `owned_until`.
    pub fn owning(first_sample: u64, owned_from: u64, owned_until: Option<u64>) -> Self {
        Self {
            first_sample,
            owned_from,
            owned_until,
            skips: Vec::new(),
        }
    }

    /// Returns the start of the owned part, in milliseconds of the timeline.
    pub fn start_ms(&self) -> u32 {
        ms(self.owned_from)
    }

    /// Returns the end of the owned part, in milliseconds of the timeline, if it has one.
    pub fn end_ms(&self) -> Option<u32> {
        self.owned_until.map(ms)
    }

    /// Returns the start of the owned part, in samples of the recording.
    pub fn owned_from(&self) -> u64 {
        self.owned_from
    }

    /// Returns the end of the owned part, in samples of the recording, if it has one.
    pub fn owned_until(&self) -> Option<u64> {
        self.owned_until
    }

    /// Leaves out `samples` samples of the recording before `session_sample` of the session's
    /// audio.
    pub fn skip(&mut self, session_sample: u64, samples: u64) {
        let total = self.left_out() + samples;
        match self.skips.last_mut() {
            Some(last) if last.session_sample == session_sample => last.total = total,
            _ => self.skips.push(Skip {
                session_sample,
                total,
            }),
        }
    }

    /// Returns the number of samples that were left out.
    pub(crate) fn left_out(&self) -> u64 {
        self.skips.last().map_or(0, |skip| skip.total)
    }

    /// Returns the sample of the recording at `session_ms` of the session's audio.
    pub(crate) fn timeline_sample(&self, session_ms: u64) -> u64 {
        let sample = session_ms.saturating_mul(SAMPLES_PER_MS);
        let skips = self
            .skips
            .partition_point(|skip| skip.session_sample < sample);
        let left_out = skips
            .checked_sub(1)
            .and_then(|last| self.skips.get(last))
            .map_or(0, |skip| skip.total);
        self.first_sample
            .saturating_add(sample)
            .saturating_add(left_out)
    }

    /// Returns the start and the end on the timeline of a word from `start_ms` to `end_ms` of the
    /// session's audio.
    ///
    /// The service reports some words up to a second too early. If a word seems to begin before a
    /// part that was left out and to end after it, it was spoken after it: silence is kept before
    /// such a part, which the end of an earlier word does not reach.
    pub(crate) fn word_ms(&self, start_ms: u64, end_ms: u64) -> (u32, u32) {
        let end = self.timeline_sample(end_ms);
        let length = end_ms
            .saturating_sub(start_ms)
            .saturating_mul(SAMPLES_PER_MS);
        let start = self.timeline_sample(start_ms);
        (ms(start.max(end.saturating_sub(length))), ms(end))
    }
}

/// Returns the time of a sample of the recording, in milliseconds of the timeline.
pub(crate) fn ms(sample: u64) -> u32 {
    // `u32` holds 49 days, longer than any recording.
    u32::try_from(sample / SAMPLES_PER_MS).unwrap_or(u32::MAX)
}

const SAMPLES_PER_MS: u64 = SAMPLE_RATE_HZ as u64 / 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_after_a_part_that_was_left_out_are_later() {
        let mut span = Span::from_sample(16_000);
        span.skip(8_000, 32_000);
        span.skip(24_000, 16_000);
        span.skip(24_000, 16_000);
        let at = |ms| span.timeline_sample(ms) / SAMPLES_PER_MS;
        assert_eq!([at(0), at(500), at(501)], [1_000, 1_500, 3_501]);
        assert_eq!([at(1_500), at(1_600)], [4_500, 6_600]);
    }

    #[test]
    fn a_word_across_a_part_that_was_left_out_was_spoken_after_it() {
        let mut span = Span::default();
        span.skip(8_000, 160_000);
        assert_eq!(span.word_ms(100, 400), (100, 400));
        assert_eq!(span.word_ms(400, 700), (10_400, 10_700));
        assert_eq!(span.word_ms(700, 900), (10_700, 10_900));
    }

    #[test]
    fn a_session_may_own_less_than_it_hears() {
        let span = Span::owning(16_000, 32_000, Some(48_000));
        assert_eq!((span.start_ms(), span.end_ms()), (2_000, Some(3_000)));
        assert_eq!(span.word_ms(0, 300), (1_000, 1_300));
    }
}
