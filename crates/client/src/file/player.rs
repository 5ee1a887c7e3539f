//! Decodes on a thread of its own, and delivers the blocks when they are due.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    cutter::{Block, Cutter},
    decoder::Decoder,
    pace::Schedule,
    progress::FileProgress,
};
use crate::source::{AudioWriter, Piece};

/// The decoded blocks that are still to be delivered, in order.
#[derive(Debug)]
pub(super) struct Feed {
    blocks: mpsc::Receiver<Block>,
    /// The block that was due after the last stop.
    next: Option<Block>,
    rate_hz: u32,
    delivered_frames: u64,
    progress: FileProgress,
}

/// The end at which blocks are decoded.
pub(super) type FeedSender = mpsc::Sender<Block>;

impl Feed {
    pub(super) fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Delivers blocks until the end, or until the recording asks to stop. Later calls go on
    /// where it stopped.
    pub(super) async fn play(&mut self, clock: Clock, mut schedule: Schedule, writer: AudioWriter) {
        loop {
            let Some(block) = self.next_block(&writer).await else {
                return;
            };
            let Some(block) = block else {
                self.progress.check_decoded();
                // The recording is gone if this fails.
                let _ = writer.send(Piece::End).await;
                return;
            };
            let frames = block.frames();
            let due = schedule.due(clock.now(), duration_of(frames, self.rate_hz));
            tokio::select! {
                () = sleep_until(clock.instant(due)) => {}
                () = writer.stopped() => {
                    self.next = Some(block);
                    return;
                }
            }
            let Block { planar, channels } = block;
            if writer
                .send(Piece::Block { planar, channels })
                .await
                .is_err()
            {
                return;
            }
            self.delivered_frames += frames;
            let position_ms = ms_of(self.delivered_frames, self.rate_hz);
            self.progress.move_to(position_ms);
        }
    }

    /// Returns the next block, an inner `None` at the end, or `None` if the recording stops.
    async fn next_block(&mut self, writer: &AudioWriter) -> Option<Option<Block>> {
        if let Some(block) = self.next.take() {
            return Some(Some(block));
        }
        tokio::select! {
            block = self.blocks.recv() => Some(block),
            () = writer.stopped() => None,
        }
    }
}

/// The time since playing began, with room for earlier times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now(self) -> Duration {
        self.0.elapsed() + CLOCK_START
    }

    fn instant(self, time: Duration) -> Instant {
        self.0 + time.saturating_sub(CLOCK_START)
    }
}

/// Creates the queue of decoded blocks.
pub(super) fn queue(rate_hz: u32, progress: FileProgress) -> (FeedSender, Feed) {
    let (sender, blocks) = mpsc::channel(BLOCKS_AHEAD);
    let feed = Feed {
        blocks,
        next: None,
        rate_hz,
        delivered_frames: 0,
        progress,
    };
    (sender, feed)
}

/// Shows the length, if the file says it.
pub(super) fn note_length(decoder: &Decoder, progress: &FileProgress) {
    if let Some(frames) = decoder.promised_frames() {
        progress.set_length_ms(ms_of(frames, decoder.rate_hz()));
    }
}

/// Decodes all, and notes what is wrong. Ends early if the feed is gone.
pub(super) fn decode(mut decoder: Decoder, sender: &FeedSender, progress: &FileProgress) {
    let rate_hz = decoder.rate_hz();
    let seconds = |frames: u64| duration_of(frames, rate_hz).as_secs_f64();
    let mut cutter = Cutter::new(rate_hz);
    let mut frames = 0_u64;
    loop {
        let name = progress.name();
        let at = seconds(frames);
        let decoded = match decoder.next() {
            Ok(Some(decoded)) => decoded,
            Ok(None) => break,
            Err(error) => {
                progress.report(format!("{name}: can't be read after {at:.1} s: {error}."));
                break;
            }
        };
        frames += decoded.frames() as u64;
        if let Some(damage) = decoded.damage {
            progress.report(format!(
                "{name}: damaged at {at:.1} s ({damage}); there is silence in place of it."
            ));
        }
        let rest = cutter.push(decoded.planes);
        let full = std::iter::from_fn(|| cutter.next_block());
        for block in rest.into_iter().chain(full) {
            if sender.blocking_send(block).is_err() {
                return;
            }
        }
    }
    if let Some(promised) = decoder.promised_frames()
        && seconds(promised) > seconds(frames) + LENGTH_TOLERANCE_SECS
    {
        progress.report(format!(
            "{}: ends after {:.1} s, but its header promises {:.1} s: a part is missing.",
            progress.name(),
            seconds(frames),
            seconds(promised)
        ));
    }
    progress.set_decoded();
    if let Some(block) = cutter.flush() {
        // Without a feed, nothing is missed.
        let _ = sender.blocking_send(block);
    }
}

fn ms_of(frames: u64, rate_hz: u32) -> u64 {
    let ms = duration_of(frames, rate_hz).as_millis();
    u64::try_from(ms).unwrap_or(u64::MAX)
}

fn duration_of(frames: u64, rate_hz: u32) -> Duration {
    let nanos = u128::from(frames) * 1_000_000_000 / u128::from(rate_hz);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Decoding is this many blocks ahead: enough for a slow disk, and little enough that a pipe's
/// writer is held back.
const BLOCKS_AHEAD: usize = 4;
/// Lengths in headers of compressed files are exact to a few packets only.
const LENGTH_TOLERANCE_SECS: f64 = 0.25;
/// Room for times before the start: what a pipe has gathered was due earlier.
const CLOCK_START: Duration = Duration::from_secs(3_600);
