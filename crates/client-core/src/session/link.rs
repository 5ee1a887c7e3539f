//! A recording under way: where its audio comes from, and where it goes.

use std::time::Duration;

use inturn_protocol::{ErrorMessage, SpeechModel, Turn};

use super::exchange::{Attempt, Awaited, LevelReading};
use super::last_words::LastWords;
use super::level::LevelMeter;
use super::timers::{BLOCK_WATCHDOG_INTERVAL, Timer, Timers};
use super::upload::{Feed, Upload, audio, duration};
use crate::Moment;
use crate::audio::Pipeline;
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

/// Where the audio comes from.
#[derive(Debug)]
pub(super) enum Intake {
    /// The microphone is said to be on, and no block has come yet. Runs [`Timer::FirstBlock`].
    Silent(Pipeline),
    /// The microphone is on. Runs [`Timer::BlockWatchdog`].
    Open {
        pipeline: Pipeline,
        /// Checks since the last block.
        missed: u32,
    },
    /// The microphone is off; blocks captured before may still come. Runs [`Timer::AudioEnd`].
    Ending(Pipeline),
    /// All audio is in the upload.
    Ended,
}

/// One way to the service: a token, a socket, a session. A recording may have several, one after
/// another.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) attempt: Attempt,
    pub(super) stage: Stage,
    /// How far it is in the recording's audio.
    pub(super) feed: Feed,
    /// What was still in the socket at the last look, in bytes.
    pub(super) unsent: u64,
    /// The last `Error` message of the session: the close that follows does not repeat it.
    pub(super) error: Option<ErrorMessage>,
    /// How far into the session's audio the service has reported words.
    reported: Duration,
}

/// How far a [`Link`] is.
#[derive(Debug)]
pub(super) enum Stage {
    /// A token is on its way. Runs [`Timer::Token`].
    Token,
    /// The socket is opening, or is open without a `Begin`. Runs [`Timer::Begin`].
    Opening(SpeechModel),
    /// The session of this number is on. Runs [`Timer::Pace`].
    Open(u32),
    /// `Terminate` is sent; turns are still taken.
    Closing { session: u32, wait: LastWords },
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

impl Intake {
    /// Whether the microphone is on.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::Open { .. })
    }

    fn pipeline(&mut self) -> Option<&mut Pipeline> {
        match self {
            Self::Silent(pipeline) | Self::Open { pipeline, .. } | Self::Ending(pipeline) => {
                Some(pipeline)
            }
            Self::Ended => None,
        }
    }

    /// The microphone has given a block. The watchdog's next check stays where it is: a timer that is
    /// set anew with each block would cost more than the block.
    fn heard(&mut self, now: Moment, timers: &mut Timers) {
        match self {
            Self::Silent(_) => {
                timers.stop(Timer::FirstBlock);
                timers.set(Timer::BlockWatchdog, now + BLOCK_WATCHDOG_INTERVAL);
                if let Self::Silent(pipeline) = std::mem::replace(self, Self::Ended) {
                    *self = Self::Open {
                        pipeline,
                        missed: 0,
                    };
                }
            }
            Self::Open { missed, .. } => *missed = 0,
            Self::Ending(_) | Self::Ended => {}
        }
    }
}

impl Link {
    /// A way to the service that begins with a token.
    pub(super) fn new(attempt: Attempt) -> Self {
        Self {
            attempt,
            stage: Stage::Token,
            feed: Feed::default(),
            unsent: 0,
            error: None,
            reported: Duration::ZERO,
        }
    }

    /// Whether it has a socket, from the moment one is asked for.
    pub(super) fn has_socket(&self) -> bool {
        !matches!(self.stage, Stage::Token)
    }

    /// The number of the session that is on.
    pub(super) fn session(&self) -> Option<u32> {
        match self.stage {
            Stage::Token | Stage::Opening(_) => None,
            Stage::Open(session) | Stage::Closing { session, .. } => Some(session),
        }
    }

    /// The service has reported the words of `turn`.
    pub(super) fn report(&mut self, turn: &Turn) {
        let ends = turn.words.iter().map(|word| word.end);
        let end = Duration::from_millis(ends.max().unwrap_or(0));
        self.reported = self.reported.max(end);
    }

    /// The audio behind the last word that the service has reported.
    pub(super) fn unreported(&self) -> Duration {
        duration(self.feed.sent_samples()).saturating_sub(self.reported)
    }
}
