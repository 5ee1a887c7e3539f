//! A recording under way: where its audio comes from, and where it goes.

use std::time::Duration;

use inturn_protocol::{ErrorMessage, Family, SpeechModel, Turn};

use super::deadlines::LAPSE;
use super::exchange::Attempt;
use super::last_words::LastWords;
use super::meter::Meter;
use super::outbox::{self, Outbox};
use crate::Moment;
use crate::audio::Pipeline;
use crate::view::{FinishingView, MeterView};

/// A recording whose microphone has been on.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) intake: Intake,
    pub(super) link: Link,
    pub(super) outbox: Outbox,
    /// The last `Error` message of the session: the close that follows does not repeat it.
    pub(super) error: Option<ErrorMessage>,
    /// Whether a turn could not be read, which is shown once a recording.
    pub(super) turn_was_dropped: bool,
    /// Audio handed to the socket, in bytes.
    pub(super) sent: u64,
    /// What of it was still in the socket at the last look, in bytes.
    pub(super) unsent: u64,
    /// How far into the audio the service has reported words.
    reported: Duration,
    /// What is shown once the microphone is off.
    pub(super) finishing: FinishingView,
    meter: Meter,
}

/// Where the audio comes from.
#[derive(Debug)]
pub(super) enum Intake {
    /// The microphone is said to be on, and no block has come yet.
    Silent { pipeline: Pipeline, until: Moment },
    /// The microphone is on; at `until` it is looked whether blocks still come.
    Open {
        pipeline: Pipeline,
        until: Moment,
        /// Looks since the last block.
        missed: u32,
    },
    /// The microphone is off; blocks captured before may still come, until `until`.
    Ending { pipeline: Pipeline, until: Moment },
    /// All audio is in the outbox.
    Ended,
}

/// Where the audio goes. Reconnecting will be one more, between two sessions.
#[derive(Debug)]
pub(super) enum Link {
    /// A token is on its way.
    Token { attempt: Attempt, until: Moment },
    /// The socket is opening, or is open without a `Begin`.
    Opening {
        attempt: Attempt,
        until: Moment,
        model: SpeechModel,
    },
    /// The session is on.
    Open {
        attempt: Attempt,
        session: u32,
        family: Family,
    },
    /// `Terminate` is sent; turns are still taken.
    Closing {
        attempt: Attempt,
        session: u32,
        family: Family,
        wait: LastWords,
    },
}

impl Run {
    /// `rate_hz` is that of the blocks.
    pub(super) fn new(rate_hz: u32, intake: Intake, link: Link) -> Self {
        Self {
            intake,
            link,
            outbox: Outbox::default(),
            error: None,
            turn_was_dropped: false,
            sent: 0,
            unsent: 0,
            reported: Duration::ZERO,
            finishing: FinishingView::LastWords,
            meter: Meter::new(rate_hz),
        }
    }

    /// Takes a block while audio is still taken; gives what the meter shows from time to time.
    pub(super) fn take_block(
        &mut self,
        now: Moment,
        planar: &[f32],
        channels: usize,
    ) -> Option<MeterView> {
        let frames = planar.len().checked_div(channels).unwrap_or(0);
        if frames > 0 {
            self.intake.heard(now);
        }
        let pipeline = self.intake.pipeline()?;
        pipeline.push_block(planar, channels);
        while let Some(chunk) = pipeline.next_chunk() {
            self.outbox.push(chunk);
        }
        let level = pipeline.level();
        self.meter.add(frames, level)
    }

    /// The service has reported the words of `turn`.
    pub(super) fn report(&mut self, turn: &Turn) {
        let ends = turn.words.iter().map(|word| word.end);
        let end = Duration::from_millis(ends.max().unwrap_or(0));
        self.reported = self.reported.max(end);
    }

    /// The audio behind the last word that the service has reported.
    pub(super) fn unreported(&self) -> Duration {
        outbox::audio(self.sent).saturating_sub(self.reported)
    }

    /// What is to be shown of the time between Stop and the last word, once the microphone is off.
    pub(super) fn finishing(&self) -> Option<FinishingView> {
        if self.intake.is_open() {
            return None;
        }
        if matches!(&self.link, Link::Closing { wait, .. } if wait.is_offline()) {
            return Some(FinishingView::Offline);
        }
        let left = outbox::audio(self.outbox.bytes() + self.unsent);
        let secs = left.as_secs() as u32 + u32::from(left.subsec_nanos() > 0);
        // A good network has sent a second or so before anybody could read it.
        let is_shown = matches!(self.finishing, FinishingView::Sending { .. });
        Some(if secs > 1 || (secs > 0 && is_shown) {
            FinishingView::Sending { secs }
        } else {
            FinishingView::LastWords
        })
    }

    /// Takes the tail of the audio. Idempotent.
    pub(super) fn end_intake(&mut self) {
        let pipeline = match std::mem::replace(&mut self.intake, Intake::Ended) {
            Intake::Silent { pipeline, .. }
            | Intake::Open { pipeline, .. }
            | Intake::Ending { pipeline, .. } => pipeline,
            Intake::Ended => return,
        };
        let mut tail = pipeline.flush();
        while let Some(chunk) = tail.next_chunk() {
            self.outbox.push(chunk);
        }
    }
}

impl Intake {
    /// Whether the microphone is on.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Silent { .. } | Self::Open { .. })
    }

    /// When to stop waiting for what is awaited, if anything is.
    pub(super) fn until(&self) -> Option<Moment> {
        match self {
            Self::Silent { until, .. } | Self::Open { until, .. } | Self::Ending { until, .. } => {
                Some(*until)
            }
            Self::Ended => None,
        }
    }

    fn pipeline(&mut self) -> Option<&mut Pipeline> {
        match self {
            Self::Silent { pipeline, .. }
            | Self::Open { pipeline, .. }
            | Self::Ending { pipeline, .. } => Some(pipeline),
            Self::Ended => None,
        }
    }

    /// The microphone has given a block. The moment of the next look stays as it is: a timer that
    /// is set anew with each block would cost more than the block.
    fn heard(&mut self, now: Moment) {
        *self = match std::mem::replace(self, Self::Ended) {
            Self::Silent { pipeline, .. } => Self::Open {
                pipeline,
                until: now + LAPSE,
                missed: 0,
            },
            Self::Open {
                pipeline, until, ..
            } => Self::Open {
                pipeline,
                until,
                missed: 0,
            },
            other => other,
        };
    }
}

impl Link {
    /// The socket, from the moment it is asked for.
    pub(super) fn socket(&self) -> Option<Attempt> {
        match self {
            Self::Token { .. } => None,
            Self::Opening { attempt, .. }
            | Self::Open { attempt, .. }
            | Self::Closing { attempt, .. } => Some(*attempt),
        }
    }

    /// The session that is on, with the way its model speaks.
    pub(super) fn session(&self) -> Option<(u32, Family)> {
        match self {
            Self::Token { .. } | Self::Opening { .. } => None,
            Self::Open {
                session, family, ..
            }
            | Self::Closing {
                session, family, ..
            } => Some((*session, *family)),
        }
    }

    /// When to stop waiting for what is awaited, if anything is.
    pub(super) fn until(&self) -> Option<Moment> {
        match self {
            Self::Token { until, .. } | Self::Opening { until, .. } => Some(*until),
            Self::Closing { wait, .. } => Some(wait.next()),
            Self::Open { .. } => None,
        }
    }
}
