//! The source of a recording's audio.

use super::timers::{BLOCK_WATCHDOG_INTERVAL, Timer, Timers};
use crate::{Moment, audio::Pipeline};

/// The microphone's state during a recording.
#[derive(Debug)]
pub(super) enum Intake {
    /// The microphone is reported as on, and no block has arrived yet. Runs [`Timer::FirstBlock`].
    Silent(Pipeline),
    /// The microphone is on. Runs [`Timer::BlockWatchdog`].
    Open {
        pipeline: Pipeline,
        /// Number of watchdog checks since the last block.
        missed: u32,
    },
    /// The microphone is off. Blocks captured before may still arrive. Runs [`Timer::AudioEnd`].
    Ending(Pipeline),
    /// All audio is in the upload.
    Ended,
}

impl Intake {
    /// Returns `true` if the microphone is on.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::Open { .. })
    }

    /// Returns the audio pipeline, or `None` once all audio is in the upload.
    pub(super) fn pipeline(&mut self) -> Option<&mut Pipeline> {
        match self {
            Self::Silent(pipeline) | Self::Open { pipeline, .. } | Self::Ending(pipeline) => {
                Some(pipeline)
            }
            Self::Ended => None,
        }
    }

    /// Handles the arrival of a block. Does not move the watchdog's next check: setting a timer for
    /// each block would cost more than processing the block.
    pub(super) fn on_block(&mut self, now: Moment, timers: &mut Timers) {
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
