//! The upload of the recording's audio: a queue that keeps audio until the service has settled its
//! words, and the pacing of each session.

mod chunk;
mod feed;
mod loudness;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, ops::Range, sync::Arc, time::Duration};

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

/// How much too early the service may report the end of a word. A new session that owns the time
/// from there on would report the word once more if it found its middle a little later.
const WORD_END_ERROR: Duration = Duration::from_millis(60);

/// Length of the silence after a jump, in samples: 100 ms, a chunk of the usual length.
const JUMP_SILENCE: usize = 1_600;

/// The chunks of a recording, oldest first. Each session reads them through its own [`Feed`].
#[derive(Debug, Default)]
pub(super) struct Upload {
    chunks: VecDeque<Chunk>,
    /// End of the last chunk, in samples of the timeline.
    end_sample: u64,
    /// Number of samples in all chunks.
    kept_samples: u64,
    /// The parts of the timeline without audio, after the first kept sample.
    jumps: VecDeque<Range<u64>>,
    /// End of the audio that [`Upload::next_captured`] has returned.
    captured_until: u64,
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
        self.kept_samples += samples.len() as u64;
        while self.kept_samples > samples_in(MAX_KEPT_AUDIO) {
            self.drop_first();
        }
    }

    /// Returns the next chunk that was added, with its first sample: each of them once and in
    /// order, if it is called after each step, before settled audio is dropped.
    pub(super) fn next_captured(&mut self) -> Option<(u64, Arc<[u8]>)> {
        let chunk = self.chunks.get(self.index_at(self.captured_until))?;
        self.captured_until = chunk.end();
        Some((chunk.first_sample, Arc::clone(&chunk.frame)))
    }

    /// Continues the timeline `samples` samples later. Nothing is kept or sent for that time,
    /// except for a short silence at its start: the end of the word before it may seem to be later.
    pub(super) fn jump(&mut self, samples: u64) {
        let silence = [0; JUMP_SILENCE];
        self.push(&silence);
        if let Some(jump @ 1..) = samples.checked_sub(silence.len() as u64) {
            let from = self.end_sample;
            self.end_sample += jump;
            self.jumps.push_back(from..self.end_sample);
        }
    }

    /// Drops the chunks before `sample`, because their words are settled. Keeps the [`OVERLAP`].
    pub(super) fn forget(&mut self, sample: u64) {
        self.drop_before(sample.saturating_sub(samples_in(OVERLAP)));
    }

    fn drop_before(&mut self, sample: u64) {
        while self.chunks.front().is_some_and(|it| it.end() <= sample) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some(chunk) = self.chunks.pop_front() {
            self.kept_samples -= chunk.samples();
        }
        let first = self
            .chunks
            .front()
            .map_or(self.end_sample, |it| it.first_sample);
        while self.jumps.front().is_some_and(|it| it.end < first) {
            self.jumps.pop_front();
        }
    }

    /// Returns the end of the recorded audio.
    pub(super) fn end_sample(&self) -> u64 {
        self.end_sample
    }

    /// Returns the first sample that is kept. Nothing of a jump can be lost.
    pub(super) fn first_kept(&self) -> u64 {
        let first = self
            .chunks
            .front()
            .map_or(self.end_sample, |it| it.first_sample);
        match self.jumps.front() {
            Some(jump) if jump.end == first => jump.start,
            _ => first,
        }
    }

    /// Returns the length of the kept audio.
    pub(super) fn kept(&self) -> Duration {
        duration(self.kept_samples)
    }

    /// Returns the length of the audio in a part of the timeline.
    pub(super) fn length(&self, part: Range<u64>) -> Duration {
        let without = self.jumps.iter().map(|jump| {
            let end = jump.end.min(part.end);
            end.saturating_sub(jump.start.max(part.start))
        });
        let length = part.end.saturating_sub(part.start);
        duration(length.saturating_sub(without.sum()))
    }

    /// Returns the length of the audio that `feed` has not sent yet.
    pub(super) fn waiting(&self, feed: &Feed) -> Duration {
        self.length(feed.next_sample()..feed.end(self.end_sample))
    }

    /// Returns `true` if `feed` has sent all audio of its session so far.
    pub(super) fn is_sent(&self, feed: &Feed) -> bool {
        // A jump at the end has no audio.
        let last = self.chunks.back();
        last.is_none_or(|last| feed.is_at_end(last.end()))
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

    /// Returns where a word has ended of which the service reports that it ends at `sample`: a
    /// little later, if silence follows at once.
    pub(super) fn word_end(&self, sample: u64) -> u64 {
        let mut chunks = self.chunks.range(self.index_at(sample)..).take(3);
        let silence = chunks.find(|chunk| chunk.is_silent);
        let latest = sample.saturating_add(samples_in(WORD_END_ERROR));
        silence.map_or(sample, |chunk| chunk.first_sample.clamp(sample, latest))
    }

    /// Returns the start of the quietest chunk in the last `length` of the audio, but not before
    /// `from`. Returns the end of the audio if there is no such chunk. Nothing is quieter than a
    /// jump.
    pub(super) fn quietest(&self, length: Duration, from: u64) -> u64 {
        let from = from.max(self.end_sample.saturating_sub(samples_in(length)));
        if let Some(jump) = self.jumps.back().filter(|jump| jump.end >= from) {
            return jump.end;
        }
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
