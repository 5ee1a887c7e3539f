//! The recording's audio: kept until the service has settled its words, and how fast it is sent.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use inturn_protocol::SAMPLE_RATE_HZ;

use crate::Moment;

/// How much faster than real time a backlog is sent. The service listens at no more than this
/// speed, so that sending faster gains nothing and may upset its turn detection.
pub const PACE: f64 = 1.25;

/// How much audio may go at once before pacing begins, so that the jitter of a live microphone is
/// never held back.
pub const BURST: Duration = Duration::from_millis(500);

/// How much audio is kept at most: 58 MB. Older audio goes, whether or not its words are settled.
pub const MOST_KEPT: Duration = Duration::from_secs(30 * 60);

/// The chunks of a recording, oldest first. Sessions read it through a [`Feed`] each.
#[derive(Debug, Default)]
pub(super) struct Upload {
    chunks: VecDeque<Chunk>,
    /// The end of the last chunk, in samples of the timeline.
    end_sample: u64,
}

/// One chunk.
#[derive(Debug)]
struct Chunk {
    first_sample: u64,
    /// Little-endian samples, as they are sent.
    frame: Arc<[u8]>,
}

/// How far one session is in the audio, and when it may go on.
///
/// Pacing is a leaky bucket that holds [`BURST`] and leaks at [`PACE`]; `paced_until` is when it
/// will be empty. A chunk may go when it fits, one longer than the whole bucket when it is empty.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// Where it began.
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
        let kept = samples_in(MOST_KEPT);
        self.forget(self.end_sample.saturating_sub(kept));
    }

    /// Drops the chunks that end at `sample` or before: their words are settled.
    pub(super) fn forget(&mut self, sample: u64) {
        while self.chunks.front().is_some_and(|it| it.end() <= sample) {
            self.chunks.pop_front();
        }
    }

    /// Whether nothing was captured.
    pub(super) fn is_empty(&self) -> bool {
        self.end_sample == 0
    }

    /// How much audio is kept.
    pub(super) fn kept(&self) -> Duration {
        let first = self.chunks.front().map(|it| it.first_sample);
        duration(self.end_sample - first.unwrap_or(self.end_sample))
    }

    /// What `feed` has not sent yet, in bytes.
    pub(super) fn waiting_bytes(&self, feed: &Feed) -> u64 {
        (self.end_sample - feed.next_sample) * size_of::<i16>() as u64
    }

    /// Whether `feed` has sent everything.
    pub(super) fn is_sent(&self, feed: &Feed) -> bool {
        feed.next_sample == self.end_sample
    }

    /// The next chunk for `feed`, if one may go now.
    pub(super) fn next_chunk(&self, feed: &mut Feed, now: Moment) -> Option<Arc<[u8]>> {
        if now < self.next_at(feed)? {
            return None;
        }
        let chunk = self.at(feed)?;
        feed.paced_until = feed.paced_until.max(now) + paced(chunk.duration());
        Some(feed.advance(chunk))
    }

    /// The next chunk for `feed`, whether or not it may go.
    pub(super) fn next_chunk_at_once(&self, feed: &mut Feed) -> Option<Arc<[u8]>> {
        self.at(feed).map(|chunk| feed.advance(chunk))
    }

    /// When the next chunk for `feed` may go. Returns `None` if there is none.
    pub(super) fn next_at(&self, feed: &Feed) -> Option<Moment> {
        let chunk = self.at(feed)?.duration();
        let room = paced(BURST.saturating_sub(chunk));
        Some(feed.paced_until.saturating_sub(room))
    }

    /// The first chunk that `feed` has not sent.
    fn at(&self, feed: &Feed) -> Option<&Chunk> {
        if self.is_sent(feed) {
            return None;
        }
        let place = self
            .chunks
            .partition_point(|chunk| chunk.first_sample < feed.next_sample);
        self.chunks.get(place)
    }
}

impl Feed {
    fn advance(&mut self, chunk: &Chunk) -> Arc<[u8]> {
        self.next_sample = chunk.end();
        Arc::clone(&chunk.frame)
    }

    /// How much was sent, in samples.
    pub(super) fn sent_samples(&self) -> u64 {
        self.next_sample - self.first_sample
    }

    /// The next sample to send.
    pub(super) fn next_sample(&self) -> u64 {
        self.next_sample
    }

    /// Where the session begins, in samples of the timeline.
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

/// How long so many samples are.
pub(super) fn duration(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(SAMPLE_RATE_HZ))
}

/// How much audio so many bytes are.
pub(super) fn audio(bytes: u64) -> Duration {
    duration(bytes / size_of::<i16>() as u64)
}

fn samples_in(duration: Duration) -> u64 {
    duration.as_millis() as u64 * u64::from(SAMPLE_RATE_HZ) / 1_000
}

/// How long sending so much audio takes at [`PACE`].
fn paced(audio: Duration) -> Duration {
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
    fn a_backlog_goes_at_the_services_pace() {
        let upload = filled(100);
        let mut feed = Feed::default();
        let start = Moment::from_millis(1_000.0);
        let mut now = start;
        while let Some(at) = upload.next_at(&feed) {
            now = now.max(at);
            assert!(upload.next_chunk(&mut feed, now).is_some());
        }
        assert!(upload.is_sent(&feed));
        // 10 s of audio less the burst, at 1.25 times real time.
        let took = now.since(start).as_secs_f64();
        let due = (10.0 - BURST.as_secs_f64()) / PACE;
        assert!((took - due).abs() < 0.001, "{took} s instead of {due} s");
    }

    #[test]
    fn a_live_microphone_is_never_held_back() {
        let mut upload = Upload::default();
        let mut feed = Feed::default();
        let mut now = Moment::default();
        for chunk in 0..1_000_u32 {
            // Every fourth chunk comes 250 ms late, together with those behind it.
            let late = if chunk % 4 == 0 { 250.0 } else { 0.0 };
            upload.push(&CHUNK);
            now = now.max(Moment::from_millis(f64::from(chunk) * 100.0 + late));
            let sent = upload.next_chunk(&mut feed, now);
            assert!(sent.is_some(), "chunk {chunk} was held back");
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
    fn what_one_session_sent_is_still_there_for_another() {
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
    fn half_an_hour_is_kept_and_no_more() {
        let upload = filled(10 * 60 * 60);
        assert_eq!(upload.kept(), MOST_KEPT);
    }
}
