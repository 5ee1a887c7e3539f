//! The upload of the recording's audio: a queue that keeps audio until the service has settled its
//! words, and the pacing of each session.

mod chunk;
mod feed;
mod loudness;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use self::{chunk::Chunk, loudness::SpeechDetector};
pub(super) use self::{
    chunk::{audio, duration, samples_in},
    feed::Feed,
};
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

/// Length of settled audio that is kept. A new session hears it again, so that the service never
/// hears the second half of a word only: it reports some words up to a second too early.
pub const OVERLAP: Duration = Duration::from_secs(1);

/// Minimum backlog for leaving out silence: beyond the jitter of a live microphone.
const SKIPPING_BACKLOG: Duration = Duration::from_secs(1);

/// Length of the silence before a sound that counts as a part of it: it may be a soft consonant.
const LEAD_IN: Duration = Duration::from_millis(500);

/// The chunks of a recording, oldest first. Each session reads them through its own [`Feed`].
#[derive(Debug, Default)]
pub(super) struct Upload {
    chunks: VecDeque<Chunk>,
    /// End of the last chunk, in samples of the timeline.
    end_sample: u64,
    speech: SpeechDetector,
}

/// A chunk that was passed to a socket.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) frame: Arc<[u8]>,
    /// Whether it probably contains speech, which the service should report.
    pub(super) is_speech: bool,
}

impl Upload {
    /// Adds a chunk.
    pub(super) fn push(&mut self, samples: &[i16]) {
        let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes());
        let loudness = self.speech.add(samples);
        self.chunks.push_back(Chunk {
            first_sample: self.end_sample,
            frame: bytes.collect(),
            peak: loudness.peak,
            is_silent: loudness.is_silent(),
            is_speech: loudness.is_speech,
        });
        self.end_sample += samples.len() as u64;
        let kept = samples_in(MAX_KEPT_AUDIO);
        self.drop_before(self.end_sample.saturating_sub(kept));
    }

    /// Drops the chunks before `sample`, because their words are settled. Keeps the [`OVERLAP`].
    pub(super) fn forget(&mut self, sample: u64) {
        self.drop_before(sample.saturating_sub(samples_in(OVERLAP)));
    }

    fn drop_before(&mut self, sample: u64) {
        while self.chunks.front().is_some_and(|it| it.end() <= sample) {
            self.chunks.pop_front();
        }
    }

    /// Returns the end of the recorded audio.
    pub(super) fn end_sample(&self) -> u64 {
        self.end_sample
    }

    /// Returns the first sample that is kept.
    pub(super) fn first_kept(&self) -> u64 {
        let first = self.chunks.front().map(|it| it.first_sample);
        first.unwrap_or(self.end_sample)
    }

    /// Returns the length of the kept audio.
    pub(super) fn kept(&self) -> Duration {
        duration(self.end_sample - self.first_kept())
    }

    /// Returns the number of bytes that `feed` has not sent yet.
    pub(super) fn waiting_bytes(&self, feed: &Feed) -> u64 {
        let waiting = feed.end(self.end_sample).saturating_sub(feed.next_sample());
        waiting * size_of::<i16>() as u64
    }

    /// Returns `true` if `feed` has sent all audio of its session so far.
    pub(super) fn is_sent(&self, feed: &Feed) -> bool {
        feed.is_at_end(self.end_sample)
    }

    /// Returns the next chunk for `feed`, if it may be sent now.
    pub(super) fn next_chunk(&self, feed: &mut Feed, now: Moment) -> Option<Sent> {
        self.leave_out_silence(feed);
        if now < self.next_at(feed)? {
            return None;
        }
        let chunk = self.next_unsent(feed)?;
        feed.paced_until = feed.paced_until.max(now) + send_time(chunk.duration());
        Some(send(chunk, feed))
    }

    /// Returns the next chunk for `feed`, without pacing.
    pub(super) fn next_chunk_at_once(&self, feed: &mut Feed) -> Option<Sent> {
        self.leave_out_silence(feed);
        self.next_unsent(feed).map(|chunk| send(chunk, feed))
    }

    /// Returns when the next chunk for `feed` may be sent, or `None` if there is no chunk.
    pub(super) fn next_at(&self, feed: &Feed) -> Option<Moment> {
        let chunk = self.next_unsent(feed)?.duration();
        let room = send_time(BURST.saturating_sub(chunk));
        Some(feed.paced_until.saturating_sub(room))
    }

    /// Returns the start of the first sound in the part from `from` until `until`, with the
    /// [`LEAD_IN`] before it. Returns `None` if all of the part is silent or no longer kept.
    pub(super) fn first_sound(&self, from: u64, until: u64) -> Option<u64> {
        let first = self.index_at(from);
        let mut chunks = self.chunks.range(first..);
        let sound = chunks.find(|chunk| !chunk.is_silent)?.first_sample;
        (sound < until).then(|| sound.saturating_sub(samples_in(LEAD_IN)).max(from))
    }

    /// Returns the start of the quietest chunk in the last `length` of the audio, but not before
    /// `from`. Returns the end of the audio if there is no such chunk.
    pub(super) fn quietest(&self, length: Duration, from: u64) -> u64 {
        let from = from.max(self.end_sample.saturating_sub(samples_in(length)));
        let first = self.chunks.partition_point(|it| it.first_sample < from);
        let chunks = self.chunks.range(first..);
        // Of equally quiet chunks, the last one.
        let quietest = chunks.rev().min_by_key(|chunk| chunk.peak);
        quietest.map_or(self.end_sample, |chunk| chunk.first_sample)
    }

    /// Returns the start of the chunk that contains `sample`, or of the first kept chunk.
    pub(super) fn chunk_start(&self, sample: u64) -> u64 {
        let chunk = self.chunks.get(self.index_at(sample));
        chunk.map_or(self.end_sample, |chunk| chunk.first_sample)
    }

    /// Returns the index of the first chunk that ends after `sample`.
    fn index_at(&self, sample: u64) -> usize {
        self.chunks.partition_point(|chunk| chunk.end() <= sample)
    }

    /// Moves `feed` over long silence, if it has a backlog. Keeps the start and the last chunk of
    /// the silence.
    fn leave_out_silence(&self, feed: &mut Feed) {
        let end = feed.end(self.end_sample);
        let minimum = samples_in(SKIPPING_BACKLOG);
        while feed.has_enough_silence() && end.saturating_sub(feed.next_sample()) > minimum {
            let next = self.index_at(feed.next_sample());
            let (Some(chunk), Some(following)) = (self.chunks.get(next), self.chunks.get(next + 1))
            else {
                return;
            };
            if !(chunk.is_silent && following.is_silent) {
                return;
            }
            feed.leave_out_until(chunk.end());
        }
    }

    /// Returns the first chunk that `feed` has not sent.
    fn next_unsent(&self, feed: &Feed) -> Option<&Chunk> {
        if self.is_sent(feed) {
            return None;
        }
        self.chunks.get(self.index_at(feed.next_sample()))
    }
}

fn send(chunk: &Chunk, feed: &mut Feed) -> Sent {
    feed.advance(chunk);
    Sent {
        frame: Arc::clone(&chunk.frame),
        is_speech: chunk.is_speech,
    }
}

/// Returns the time for sending `audio` at [`PACE`].
fn send_time(audio: Duration) -> Duration {
    Duration::from_micros((audio.as_micros() as f64 / PACE) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Span;

    const CHUNK: [i16; 1_600] = [1_000; 1_600];
    const SILENCE: [i16; 1_600] = [0; 1_600];

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
            sent.as_ref().map(|it| &*it.frame),
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
        let overlap = samples_in(OVERLAP);
        for (sample, kept) in [
            (0, 30),
            (1_599, 30),
            (1_600, 29),
            (4_000, 28),
            (1_000_000, 0),
        ] {
            let mut upload = filled(30);
            upload.forget(sample);
            let with_overlap = if kept == 0 { 0 } else { 30 };
            assert_eq!(upload.chunks.len(), with_overlap, "up to {sample}");
            upload.forget(sample + overlap);
            assert_eq!(upload.chunks.len(), kept, "up to {sample}, and the overlap");
        }
    }

    #[test]
    fn at_most_half_an_hour_is_kept() {
        let upload = filled(10 * 60 * 60);
        assert_eq!(upload.kept(), MAX_KEPT_AUDIO);
    }

    /// Sends everything to a feed, and returns the first sample of each frame's part.
    fn sent_samples(upload: &Upload, feed: &mut Feed) -> Vec<u64> {
        let mut sent = Vec::new();
        while upload.next_chunk_at_once(feed).is_some() {
            sent.push(feed.next_sample() - 1_600);
        }
        sent
    }

    #[test]
    fn long_silence_in_a_backlog_is_left_out() {
        let mut upload = filled(5);
        for _ in 0..100 {
            upload.push(&SILENCE);
        }
        upload.push(&CHUNK);
        let mut feed = Feed::new(0, 0, None);
        let sent = sent_samples(&upload, &mut feed);
        let chunks: Vec<u64> = sent.iter().map(|sample| sample / 1_600).collect();
        // The last second is not a backlog.
        assert_eq!(chunks[..9], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(chunks.last(), Some(&105));
        assert!(chunks.len() < 22, "sent {chunks:?}");
        // The session's time of the last chunk is its time on the timeline.
        let session_ms = (chunks.len() as u64 - 1) * 100 + 50;
        assert_eq!(feed.span().word_ms(session_ms, session_ms).1, 10_550);
    }

    #[test]
    fn silence_of_a_live_microphone_is_sent() {
        let mut upload = Upload::default();
        let mut feed = Feed::default();
        for _ in 0..100 {
            upload.push(&SILENCE);
            assert!(upload.next_chunk_at_once(&mut feed).is_some());
        }
        assert_eq!(feed.span(), &Span::default());
    }

    #[test]
    fn a_feed_skips_audio_that_is_no_longer_kept() {
        let mut upload = filled(30);
        upload.drop_before(16_000);
        let mut feed = Feed::default();
        assert!(upload.next_chunk_at_once(&mut feed).is_some());
        assert_eq!(feed.next_sample(), 17_600);
        assert_eq!(feed.span().word_ms(0, 100), (1_000, 1_100));
    }

    #[test]
    fn a_feed_ends_at_its_end() {
        let upload = filled(30);
        let mut feed = Feed::new(3_200, 4_800, Some(8_000));
        feed.end_at(9_600);
        assert_eq!(
            sent_samples(&upload, &mut feed),
            [3_200, 4_800, 6_400, 8_000]
        );
        assert!(upload.is_sent(&feed));
    }

    #[test]
    fn sounds_and_quiet_chunks_are_found() {
        let mut upload = Upload::default();
        for chunk in [
            SILENCE, SILENCE, SILENCE, SILENCE, SILENCE, SILENCE, CHUNK, SILENCE, CHUNK,
        ] {
            upload.push(&chunk);
        }
        assert_eq!(upload.first_sound(0, 14_400), Some(1_600));
        assert_eq!(upload.first_sound(6_000, 14_400), Some(6_000));
        assert_eq!(upload.first_sound(0, 9_600), None);
        assert_eq!(upload.quietest(Duration::from_secs(1), 9_600), 11_200);
        assert_eq!(upload.quietest(Duration::from_millis(100), 0), 12_800);
        assert_eq!(upload.quietest(Duration::ZERO, 0), 14_400);
    }
}
