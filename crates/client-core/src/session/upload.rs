//! The upload of the recording's audio: a queue that keeps audio until the service has settled its
//! words, and the pacing of each session.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use inturn_protocol::SAMPLE_RATE_HZ;

use crate::Moment;

/// Speed at which a backlog is sent, relative to real time. The service processes audio no faster,
/// so sending faster gains nothing and may disturb its turn detection.
pub const PACE: f64 = 1.25;

/// Length of audio that may be sent at once before pacing begins, so that pacing never delays a
/// live microphone with jitter.
pub const BURST: Duration = Duration::from_millis(500);

/// Maximum length of the kept audio: 58 MB. Older audio is dropped even if its words are not
/// settled.
pub const MAX_KEPT_AUDIO: Duration = Duration::from_secs(30 * 60);

/// The chunks of a recording, oldest first. Each session reads them through its own [`Feed`].
#[derive(Debug, Default)]
pub(super) struct Upload {
    chunks: VecDeque<Chunk>,
    /// End of the last chunk, in samples of the timeline.
    end_sample: u64,
}

/// A chunk of audio.
#[derive(Debug)]
struct Chunk {
    first_sample: u64,
    /// Little-endian samples, in the format of the service.
    frame: Arc<[u8]>,
}

/// The position of one session in the audio, and its pacing.
///
/// Pacing is a leaky bucket that holds [`BURST`] and leaks at [`PACE`]. `paced_until` is the time
/// at which it will be empty. A chunk may be sent when it fits into the bucket. A chunk longer than
/// the bucket may be sent when the bucket is empty.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// The first sample of the session.
    first_sample: u64,
    /// The next sample to send.
    next_sample: u64,
    paced_until: Moment,
}

impl Upload {
    /// Adds a chunk.
    pub(super) fn push(&mut self, samples: &[i16]) {
        let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes());
        self.chunks.push_back(Chunk {
            first_sample: self.end_sample,
            frame: bytes.collect(),
        });
        self.end_sample += samples.len() as u64;
        let kept = samples_in(MAX_KEPT_AUDIO);
        self.forget(self.end_sample.saturating_sub(kept));
    }

    /// Drops the chunks that end at or before `sample`, because their words are settled.
    pub(super) fn forget(&mut self, sample: u64) {
        while self.chunks.front().is_some_and(|it| it.end() <= sample) {
            self.chunks.pop_front();
        }
    }

    /// Returns `true` if nothing was captured.
    pub(super) fn is_empty(&self) -> bool {
        self.end_sample == 0
    }

    /// Returns the length of the kept audio.
    pub(super) fn kept(&self) -> Duration {
        let first = self.chunks.front().map(|it| it.first_sample);
        duration(self.end_sample - first.unwrap_or(self.end_sample))
    }

    /// Returns the number of bytes that `feed` has not sent yet.
    pub(super) fn waiting_bytes(&self, feed: &Feed) -> u64 {
        (self.end_sample - feed.next_sample) * size_of::<i16>() as u64
    }

    /// Returns `true` if `feed` has sent all audio.
    pub(super) fn is_sent(&self, feed: &Feed) -> bool {
        feed.next_sample == self.end_sample
    }

    /// Returns the next chunk for `feed`, if it may be sent now.
    pub(super) fn next_chunk(&self, feed: &mut Feed, now: Moment) -> Option<Arc<[u8]>> {
        if now < self.next_at(feed)? {
            return None;
        }
        let chunk = self.next_unsent(feed)?;
        feed.paced_until = feed.paced_until.max(now) + send_time(chunk.duration());
        Some(feed.advance(chunk))
    }

    /// Returns the next chunk for `feed`, without pacing.
    pub(super) fn next_chunk_at_once(&self, feed: &mut Feed) -> Option<Arc<[u8]>> {
        self.next_unsent(feed).map(|chunk| feed.advance(chunk))
    }

    /// Returns when the next chunk for `feed` may be sent, or `None` if there is no chunk.
    pub(super) fn next_at(&self, feed: &Feed) -> Option<Moment> {
        let chunk = self.next_unsent(feed)?.duration();
        let room = send_time(BURST.saturating_sub(chunk));
        Some(feed.paced_until.saturating_sub(room))
    }

    /// Returns the first chunk that `feed` has not sent.
    fn next_unsent(&self, feed: &Feed) -> Option<&Chunk> {
        if self.is_sent(feed) {
            return None;
        }
        let index = self
            .chunks
            .partition_point(|chunk| chunk.first_sample < feed.next_sample);
        self.chunks.get(index)
    }
}

impl Feed {
    fn advance(&mut self, chunk: &Chunk) -> Arc<[u8]> {
        self.next_sample = chunk.end();
        Arc::clone(&chunk.frame)
    }

    /// Returns the number of samples sent.
    pub(super) fn sent_samples(&self) -> u64 {
        self.next_sample - self.first_sample
    }

    /// Returns the next sample to send.
    pub(super) fn next_sample(&self) -> u64 {
        self.next_sample
    }

    /// Returns the first sample of the session on the timeline.
    pub(super) fn first_sample(&self) -> u64 {
        self.first_sample
    }
}

impl Chunk {
    fn samples(&self) -> u64 {
        (self.frame.len() / size_of::<i16>()) as u64
    }

    fn end(&self) -> u64 {
        self.first_sample + self.samples()
    }

    fn duration(&self) -> Duration {
        duration(self.samples())
    }
}

/// Returns the duration of `samples` samples.
pub(super) fn duration(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(SAMPLE_RATE_HZ))
}

/// Returns the duration of `bytes` bytes of audio.
pub(super) fn audio(bytes: u64) -> Duration {
    duration(bytes / size_of::<i16>() as u64)
}

fn samples_in(duration: Duration) -> u64 {
    duration.as_millis() as u64 * u64::from(SAMPLE_RATE_HZ) / 1_000
}

/// Returns the time for sending `audio` at [`PACE`].
fn send_time(audio: Duration) -> Duration {
    Duration::from_micros((audio.as_micros() as f64 / PACE) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: [i16; 1_600] = [0; 1_600];

    fn filled(chunks: usize) -> Upload {
        let mut upload = Upload::default();
        for _ in 0..chunks {
            upload.push(&CHUNK);
        }
        upload
    }

    #[test]
    fn a_backlog_is_sent_at_the_services_pace() {
        let upload = filled(100);
        let mut feed = Feed::default();
        let start = Moment::from_millis(1_000.0);
        let mut now = start;
        while let Some(at) = upload.next_at(&feed) {
            now = now.max(at);
            assert!(upload.next_chunk(&mut feed, now).is_some());
        }
        assert!(upload.is_sent(&feed));
        // 10 s of audio minus the burst, at 1.25 times real time.
        let elapsed = now.since(start).as_secs_f64();
        let expected = (10.0 - BURST.as_secs_f64()) / PACE;
        assert!(
            (elapsed - expected).abs() < 0.001,
            "{elapsed} s instead of {expected} s"
        );
    }

    #[test]
    fn pacing_never_delays_a_live_microphone() {
        let mut upload = Upload::default();
        let mut feed = Feed::default();
        let mut now = Moment::default();
        for chunk in 0..1_000_u32 {
            // Every fourth chunk comes 250 ms late, together with those after it.
            let late = if chunk % 4 == 0 { 250.0 } else { 0.0 };
            upload.push(&CHUNK);
            now = now.max(Moment::from_millis(f64::from(chunk) * 100.0 + late));
            let sent = upload.next_chunk(&mut feed, now);
            assert!(sent.is_some(), "chunk {chunk} was delayed");
        }
    }

    #[test]
    fn samples_are_little_endian() {
        let mut upload = Upload::default();
        upload.push(&[1, -2, i16::MIN]);
        let sent = upload.next_chunk_at_once(&mut Feed::default());
        assert_eq!(
            sent.as_deref(),
            Some([1, 0, 0xfe, 0xff, 0, 0x80].as_slice())
        );
    }

    #[test]
    fn audio_that_one_session_sent_stays_available_for_another() {
        let upload = filled(3);
        let mut first = Feed::default();
        while upload.next_chunk_at_once(&mut first).is_some() {}
        assert!(upload.is_sent(&first));
        assert_eq!(upload.waiting_bytes(&Feed::default()), 3 * 3_200);
    }

    #[test]
    fn settled_audio_is_dropped_chunk_by_chunk() {
        let mut upload = filled(3);
        for (sample, kept) in [(0, 3), (1_599, 3), (1_600, 2), (4_000, 1), (1_000_000, 0)] {
            upload.forget(sample);
            assert_eq!(upload.chunks.len(), kept, "up to {sample}");
        }
        upload.push(&CHUNK);
        assert_eq!(upload.chunks[0].first_sample, 4_800);
    }

    #[test]
    fn at_most_half_an_hour_is_kept() {
        let upload = filled(10 * 60 * 60);
        assert_eq!(upload.kept(), MAX_KEPT_AUDIO);
    }
}
