//! Where a recording's audio comes from.

use super::timers::{BLOCK_WATCHDOG_INTERVAL, Timer, Timers};
use crate::Moment;
use crate::audio::Pipeline;

/// The microphone's side of a recording.
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

impl Intake {
    /// Whether the microphone is on.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::Open { .. })
    }

    /// What turns blocks into chunks, as long as blocks may come.
    pub(super) fn pipeline(&mut self) -> Option<&mut Pipeline> {
        match self {
            Self::Silent(pipeline) | Self::Open { pipeline, .. } | Self::Ending(pipeline) => {
                Some(pipeline)
            }
            Self::Ended => None,
        }
    }

    /// The microphone has given a block. The watchdog's next check stays where it is: a timer that is
    /// set anew with each block would cost more than the block.
    pub(super) fn heard(&mut self, now: Moment, timers: &mut Timers) {
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
