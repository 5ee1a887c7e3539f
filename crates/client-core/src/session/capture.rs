//! Writing the timeline: the microphone's audio, and silence in place of what is missing.

use std::time::Duration;

use inturn_transcript::{Gap, GapReason};

use super::{
    intake::{Held, Source},
    io::LevelReading,
    run::Run,
    timers::{Timer, Timers},
    upload::samples_in,
};
use crate::{Moment, audio::Pipeline, recording::Recording};

/// What a block shows about the microphone.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// A reading of the level meter, when one is due.
    pub(super) reading: Option<LevelReading>,
    /// Whether the microphone is silent, if that has changed.
    pub(super) silence: Option<bool>,
}

impl Run {
    /// Adds a block to the timeline.
    pub(super) fn write(
        &mut self,
        recording: &mut Recording,
        planar: &[f32],
        channels: usize,
    ) -> Measured {
        self.write_unmeasured(recording, planar, channels);
        let frames = planar.len().checked_div(channels).unwrap_or(0);
        self.count_idle(recording, frames);
        let (level, silence) = self.intake.measure(frames);
        Measured {
            reading: self.meter.add(frames, recording.captured(), level),
            silence,
        }
    }

    /// Adds a block to the timeline that says nothing about the microphone.
    fn write_unmeasured(&mut self, recording: &mut Recording, planar: &[f32], channels: usize) {
        let Some(pipeline) = &mut self.intake.pipeline else {
            return;
        };
        let frames = planar.len().checked_div(channels).unwrap_or(0);
        pipeline.push_block(planar, channels);
        while let Some(chunk) = pipeline.next_chunk() {
            self.upload.push(chunk);
        }
        recording.capture(frames);
    }

    /// Counts audio in which words could be.
    fn count_idle(&mut self, recording: &Recording, frames: usize) {
        // Without a session, there can be no words.
        if self.live().is_some() {
            self.idle.add(frames, recording.captured().rate_hz());
        }
    }

    /// Adds `length` without sound to the timeline. Silence takes the place of a short time, so
    /// that the service ends a turn. Most of a long time is left out. Returns the number of frames
    /// of silence.
    fn write_nothing(&mut self, recording: &mut Recording, length: Duration) -> usize {
        let silence = length.min(MAX_SILENCE);
        let rest = length - silence;
        if !rest.is_zero() {
            self.jump(recording, rest);
        }
        let rate_hz = u64::from(recording.captured().rate_hz());
        let frames = (silence.as_micros() as u64 * rate_hz / 1_000_000) as usize;
        let mut left = frames;
        while left > 0 {
            let block = &SILENCE[..left.min(SILENCE.len())];
            self.write_unmeasured(recording, block, 1);
            left -= block.len();
        }
        frames
    }

    /// Continues the timeline `length` later, at the same rate.
    pub(super) fn jump(&mut self, recording: &mut Recording, length: Duration) {
        let rate_hz = recording.captured().rate_hz();
        self.change_rate(recording, rate_hz);
        self.upload.jump(samples_in(length));
        recording.continue_at(self.upload.end_sample(), rate_hz);
    }

    /// Ends the audio of the current microphone, and continues with one that runs at `rate_hz`.
    /// Returns `false` if the rate is not supported, and changes nothing then.
    pub(super) fn change_rate(&mut self, recording: &mut Recording, rate_hz: u32) -> bool {
        let Ok(pipeline) = Pipeline::new(rate_hz, self.intake.chunk) else {
            return false;
        };
        self.flush();
        self.intake.pipeline = Some(pipeline);
        recording.continue_at(self.upload.end_sample(), rate_hz);
        true
    }

    /// Adds the rest of the audio to the upload.
    fn flush(&mut self) {
        if let Some(pipeline) = self.intake.pipeline.take() {
            let mut tail = pipeline.flush();
            while let Some(chunk) = tail.next_chunk() {
                self.upload.push(chunk);
            }
        }
    }

    /// Adds silence up to `now`, if no audio arrives. Returns the gap so far.
    pub(super) fn fill_absence(&mut self, recording: &mut Recording, now: Moment) -> Option<Gap> {
        let Source::Absent(absence) = &mut self.intake.source else {
            return None;
        };
        let from_ms = absence.from_ms;
        let length = now.since(absence.filled_until);
        absence.filled_until = now;
        let frames = self.write_nothing(recording, length);
        self.count_idle(recording, frames);
        gap(from_ms, recording)
    }

    /// Adds silence in the place of audio that the system has dropped. Returns the gap, if it is
    /// long enough for one.
    pub(super) fn write_overrun(
        &mut self,
        recording: &mut Recording,
        length: Duration,
    ) -> Option<Gap> {
        let from_ms = recording.captured().ms();
        let frames = self.write_nothing(recording, length);
        self.count_idle(recording, frames);
        gap(from_ms, recording)
    }

    /// Ends the wait after a stall: adds what is missing, and then the blocks that were held.
    /// Returns the gap, if anything is missing.
    pub(super) fn settle_stall(
        &mut self,
        recording: &mut Recording,
        timers: &mut Timers,
        now: Moment,
    ) -> (Option<Gap>, Vec<Held>) {
        timers.stop(Timer::Settle);
        let held = match &mut self.intake.source {
            Source::Settling(held) => std::mem::take(held),
            Source::Ending(held) => match held.take() {
                Some(held) => held,
                None => return (None, Vec::new()),
            },
            _ => return (None, Vec::new()),
        };
        let missing = self.intake.missing(now, &held);
        if matches!(self.intake.source, Source::Settling(_)) {
            self.intake.open(now, timers);
        }
        if missing < MIN_MISSING {
            return (None, held);
        }
        let from_ms = recording.captured().ms();
        self.write_nothing(recording, missing);
        self.intake.count(now, missing);
        (gap(from_ms, recording), held)
    }

    /// Ends the intake and adds the tail of the audio to the upload. Idempotent.
    pub(super) fn end_intake(&mut self, timers: &mut Timers) {
        timers.stop_intake();
        self.intake.source = Source::Ended;
        self.flush();
    }
}

/// Returns the gap from `from_ms` until the end of the timeline, if it is long enough to be shown.
fn gap(from_ms: u32, recording: &Recording) -> Option<Gap> {
    let to_ms = recording.captured().ms();
    let length = Duration::from_millis(to_ms.saturating_sub(from_ms).into());
    (length >= MIN_GAP).then_some(Gap {
        from_ms,
        to_ms,
        reason: GapReason::NoAudio,
    })
}

/// The longest time that silence takes the place of: longer than any model waits for the end of a
/// turn.
const MAX_SILENCE: Duration = Duration::from_secs(2);

/// The shortest part of a stall that counts as missing: more than the jitter of a microphone.
const MIN_MISSING: Duration = Duration::from_millis(500);

/// The shortest time without audio that is a gap: about a second, in which hardly a word fits. The
/// measured time may be too short by the length of a block and its jitter.
const MIN_GAP: Duration = Duration::from_millis(800);

/// A piece of silence.
const SILENCE: [f32; 1_024] = [0.0; 1_024];
