//! A recording under way: its audio's way in, its upload, and its way to the service.

use super::exchange::{Attempt, Awaited, LevelReading};
use super::intake::Intake;
use super::level::LevelMeter;
use super::link::{Link, Stage};
use super::timers::{Timer, Timers};
use super::upload::{Upload, audio};
use crate::Moment;
use crate::recording::Recording;

/// A recording whose microphone has been on.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) intake: Intake,
    pub(super) upload: Upload,
    pub(super) link: Link,
    /// Whether a turn could not be read, which is shown once a recording.
    pub(super) turn_was_dropped: bool,
    /// What is shown once the microphone is off.
    pub(super) awaited: Awaited,
    meter: LevelMeter,
}

impl Run {
    pub(super) fn new(intake: Intake, attempt: Attempt) -> Self {
        Self {
            intake,
            upload: Upload::default(),
            link: Link::new(attempt),
            turn_was_dropped: false,
            awaited: Awaited::default(),
            meter: LevelMeter::default(),
        }
    }

    /// Takes a block while audio is still taken. Returns what the meter shows, from time to time.
    pub(super) fn take_block(
        &mut self,
        now: Moment,
        recording: &mut Recording,
        timers: &mut Timers,
        planar: &[f32],
        channels: usize,
    ) -> Option<LevelReading> {
        let frames = planar.len().checked_div(channels).unwrap_or(0);
        if frames > 0 {
            self.intake.heard(now, timers);
        }
        let pipeline = self.intake.pipeline()?;
        pipeline.push_block(planar, channels);
        while let Some(chunk) = pipeline.next_chunk() {
            self.upload.push(chunk);
        }
        let level = pipeline.level();
        recording.capture(frames);
        self.meter.add(recording.captured(), level)
    }

    /// What is awaited, once the microphone is off.
    pub(super) fn awaited(&self) -> Option<Awaited> {
        if self.intake.is_open() {
            return None;
        }
        if matches!(&self.link.stage, Stage::Closing { wait, .. } if wait.is_offline()) {
            return Some(Awaited::Network);
        }
        let left = audio(self.upload.waiting_bytes(&self.link.feed) + self.link.unsent);
        let secs = left.as_secs() as u32 + u32::from(left.subsec_nanos() > 0);
        // A good network has sent a second or so before anybody could read it.
        let is_shown = matches!(self.awaited, Awaited::Upload { .. });
        Some(if secs > 1 || (secs > 0 && is_shown) {
            Awaited::Upload { secs }
        } else {
            Awaited::LastWords
        })
    }

    /// Takes the tail of the audio. Idempotent.
    pub(super) fn end_intake(&mut self, timers: &mut Timers) {
        timers.stop(Timer::FirstBlock);
        timers.stop(Timer::BlockWatchdog);
        timers.stop(Timer::AudioEnd);
        let pipeline = match std::mem::replace(&mut self.intake, Intake::Ended) {
            Intake::Silent(pipeline) | Intake::Open { pipeline, .. } | Intake::Ending(pipeline) => {
                pipeline
            }
            Intake::Ended => return,
        };
        let mut tail = pipeline.flush();
        while let Some(chunk) = tail.next_chunk() {
            self.upload.push(chunk);
        }
    }
}
