//! Chunks that wait to be sent, and when the next may go.

use std::collections::VecDeque;
use std::time::Duration;

use inturn_protocol::SAMPLE_RATE_HZ;

use crate::Moment;

/// How much faster than real time a backlog is sent. The service listens at no more than this
/// speed, so that sending faster gains nothing and may upset its turn detection.
pub const PACE: f64 = 1.25;

/// How much audio may go at once before pacing begins, so that the jitter of a live microphone is
/// never held back.
pub const BURST: Duration = Duration::from_millis(500);

/// The chunks that no session has got yet, oldest first.
///
/// Pacing is a leaky bucket that holds [`BURST`] and leaks at [`PACE`]; `paced_until` is when it
/// will be empty. A chunk may go when it fits, one longer than the whole bucket when it is empty.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    chunks: VecDeque<Vec<u8>>,
    paced_until: Moment,
}

impl Outbox {
    /// Adds a chunk as the little-endian bytes of its frame.
    pub(super) fn push(&mut self, samples: &[i16]) {
        self.chunks.push_back(
            samples
                .iter()
                .flat_map(|sample| sample.to_le_bytes())
                .collect(),
        );
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// What waits, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.len() as u64).sum()
    }

    /// The next chunk, if one may go now.
    pub(super) fn pop(&mut self, now: Moment) -> Option<Vec<u8>> {
        if now < self.next_at()? {
            return None;
        }
        let chunk = self.chunks.pop_front()?;
        self.paced_until = self.paced_until.max(now) + paced(duration(&chunk));
        Some(chunk)
    }

    /// The next chunk, whether or not it may go.
    pub(super) fn pop_at_once(&mut self) -> Option<Vec<u8>> {
        self.chunks.pop_front()
    }

    /// When the next chunk may go; nothing if there is none.
    pub(super) fn next_at(&self) -> Option<Moment> {
        let chunk = duration(self.chunks.front()?);
        let room = paced(BURST.saturating_sub(chunk));
        Some(self.paced_until.saturating_sub(room))
    }
}

fn duration(chunk: &[u8]) -> Duration {
    audio(chunk.len() as u64)
}

/// How much audio so many bytes are.
pub(super) fn audio(bytes: u64) -> Duration {
    let samples = bytes / size_of::<i16>() as u64;
    Duration::from_micros(samples * 1_000_000 / u64::from(SAMPLE_RATE_HZ))
}

/// How long sending so much audio takes at [`PACE`].
fn paced(audio: Duration) -> Duration {
    Duration::from_micros((audio.as_micros() as f64 / PACE) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: [i16; 1_600] = [0; 1_600];

    fn filled(chunks: usize) -> Outbox {
        let mut outbox = Outbox::default();
        for _ in 0..chunks {
            outbox.push(&CHUNK);
        }
        outbox
    }

    #[test]
    fn a_backlog_goes_at_the_services_pace() {
        let mut outbox = filled(100);
        let start = Moment::from_millis(1_000.0);
        let mut now = start;
        while let Some(at) = outbox.next_at() {
            now = now.max(at);
            assert!(outbox.pop(now).is_some());
        }
        // 10 s of audio less the burst, at 1.25 times real time.
        let took = now.since(start).as_secs_f64();
        let due = (10.0 - BURST.as_secs_f64()) / PACE;
        assert!((took - due).abs() < 0.001, "{took} s instead of {due} s");
    }

    #[test]
    fn a_live_microphone_is_never_held_back() {
        let mut outbox = Outbox::default();
        let mut now = Moment::default();
        for chunk in 0..1_000_u32 {
            // Every fourth chunk comes 250 ms late, together with those behind it.
            let late = if chunk % 4 == 0 { 250.0 } else { 0.0 };
            outbox.push(&CHUNK);
            now = now.max(Moment::from_millis(f64::from(chunk) * 100.0 + late));
            assert!(outbox.pop(now).is_some(), "chunk {chunk} was held back");
        }
    }

    #[test]
    fn samples_are_little_endian() {
        let mut outbox = Outbox::default();
        outbox.push(&[1, -2, i16::MIN]);
        assert_eq!(outbox.pop_at_once(), Some(vec![1, 0, 0xfe, 0xff, 0, 0x80]));
    }
}
