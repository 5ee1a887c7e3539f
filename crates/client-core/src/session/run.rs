//! A recording in progress: its audio intake, its upload, and its connection to the service.

use super::{
    connection::{ServiceConnection, Stage},
    intake::Intake,
    io::{Attempt, Awaited, LevelReading},
    level::LevelMeter,
    silence::SilenceDetector,
    timers::{Timer, Timers},
    upload::{Upload, audio},
};
use crate::{Moment, recording::Recording};

/// A recording in progress, from `MicrophoneOpened` on.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) intake: Intake,
    pub(super) upload: Upload,
    pub(super) connection: ServiceConnection,
    /// Whether a turn could not be read. That is reported once per recording.
    pub(super) has_unreadable_turn: bool,
    /// What the last `Finishing` state reported, or will report first.
    pub(super) awaited: Awaited,
    meter: LevelMeter,
    pub(super) silence: SilenceDetector,
}

/// What a block shows about the microphone.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// A reading of the level meter, when one is due.
    pub(super) reading: Option<LevelReading>,
    /// Whether the microphone is silent, if that has changed.
    pub(super) silence: Option<bool>,
}

impl Run {
    pub(super) fn new(intake: Intake, attempt: Attempt) -> Self {
        Self {
            intake,
            upload: Upload::default(),
            connection: ServiceConnection::new(attempt),
            has_unreadable_turn: false,
            awaited: Awaited::default(),
            meter: LevelMeter::default(),
            silence: SilenceDetector::default(),
        }
    }

    /// Processes a block, unless the intake has ended.
    pub(super) fn take_block(
        &mut self,
        now: Moment,
        recording: &mut Recording,
        timers: &mut Timers,
        planar: &[f32],
        channels: usize,
    ) -> Measured {
        let frames = planar.len().checked_div(channels).unwrap_or(0);
        if frames > 0 {
            self.intake.on_block(now, timers);
        }
        let Some(pipeline) = self.intake.pipeline() else {
            return Measured::default();
        };
        pipeline.push_block(planar, channels);
        while let Some(chunk) = pipeline.next_chunk() {
            self.upload.push(chunk);
        }
        let level = pipeline.level();
        recording.capture(frames);
        let captured = recording.captured();
        Measured {
            reading: self.meter.add(captured, level),
            silence: self.silence.add(frames, captured.rate_hz(), level),
        }
    }

    /// Returns what the recorder waits for, once the microphone is off.
    pub(super) fn awaited(&self) -> Option<Awaited> {
        if self.intake.is_open() {
            return None;
        }
        if matches!(&self.connection.stage, Stage::Closing { wait, .. } if wait.is_offline()) {
            return Some(Awaited::Network);
        }
        let left = audio(self.upload.waiting_bytes(&self.connection.feed) + self.connection.unsent);
        let secs = left.as_secs() as u32 + u32::from(left.subsec_nanos() > 0);
        // On a good network, one second of audio is sent before a person could read the number.
        let is_shown = matches!(self.awaited, Awaited::Upload { .. });
        Some(if secs > 1 || (secs > 0 && is_shown) {
            Awaited::Upload { secs }
        } else {
            Awaited::LastWords
        })
    }

    /// Ends the intake and adds the tail of the audio to the upload. Idempotent.
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
