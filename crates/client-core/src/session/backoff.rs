//! The waits between attempts to connect.

use std::time::Duration;

use crate::recording::RecordingId;

/// Shortest wait after a failed attempt. It doubles with each further failure.
pub const MIN_BACKOFF: Duration = Duration::from_millis(500);

/// Longest wait after a failed attempt.
pub const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// How long a session must live until the attempt counts as a success.
pub const STABLE_AFTER: Duration = Duration::from_secs(5);

/// Counts failed attempts.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the number of failures since the last success.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Records a failure. Returns the wait until the next attempt: between half and all of the
    /// nominal wait, so that the clients of a server that restarts don't return all at once.
    pub(super) fn fail(&mut self, recording: RecordingId) -> Duration {
        let nominal = (MIN_BACKOFF * 2_u32.pow(self.failures.min(MAX_DOUBLINGS))).min(MAX_BACKOFF);
        self.failures += 1;
        let half = nominal / 2;
        half + half * jitter(recording, self.failures) / 256
    }

    /// Records a success.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Returns a number from 0 to 256 that depends on the recording's random id: this crate has no
/// randomness of its own.
fn jitter(recording: RecordingId, failures: u32) -> u32 {
    // The finaliser of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
    // generators", 2014.
    let mut bits = (recording.0 as u64) ^ u64::from(failures).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits % 257) as u32
}

/// Doublings until [`MAX_BACKOFF`] is reached.
const MAX_DOUBLINGS: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_differ_between_recordings() {
        let mut all = Vec::new();
        for id in 0..100 {
            let mut backoff = Backoff::default();
            let mut nominal = MIN_BACKOFF;
            for _ in 0..12 {
                let wait = backoff.fail(RecordingId(id));
                assert!(
                    wait >= nominal / 2 && wait <= nominal,
                    "{wait:?} of {nominal:?}"
                );
                all.push(wait);
                nominal = (nominal * 2).min(MAX_BACKOFF);
            }
            backoff.reset();
            assert!(backoff.fail(RecordingId(id)) <= MIN_BACKOFF);
        }
        all.sort();
        all.dedup();
        assert!(all.len() > 500, "{} different waits", all.len());
    }
}
