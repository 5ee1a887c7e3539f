//! Parts of the page's state.

use inturn_client_core::{problem::Problem, session::Hold};

use super::exchange::AudioState;

/// State of the microphone, from the click to the last block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Microphone {
    Off,
    /// Record or Resume was pressed. The recorder is notified once there are both an audio graph
    /// and the recording lock.
    Preparing {
        /// Whether the audio graph exists.
        has_audio: bool,
    },
    /// The audio graph exists. The recorder has not requested the microphone yet, or the person has
    /// not answered the browser's prompt.
    Opening,
    On,
    /// The device or its worklet has failed in a recording, or could not be opened again. The
    /// recorder is notified, and decides when to request a microphone.
    Lost,
    /// Requested again in a recording, outside of a click.
    Reopening,
    /// To be turned off once its tail is captured: [`TAIL_MS`](super::TAIL_MS).
    Stopping,
    /// The tracks are stopped. The worklet is posting its last block.
    Flushing,
}

/// Why the open microphone may deliver nothing.
#[derive(Debug, Default)]
pub(super) struct Obstacles {
    pub(super) is_muted: bool,
    pub(super) audio: AudioState,
    /// Whether the audio graph did not resume by itself.
    pub(super) is_stuck: bool,
    /// What the recorder knows.
    pub(super) reported: Option<Hold>,
}

impl Obstacles {
    /// The one to report. A person can do nothing about an interruption, and a suspended graph
    /// delivers nothing even when the microphone is unmuted.
    pub(super) fn hold(&self) -> Option<Hold> {
        match self.audio {
            AudioState::Interrupted => Some(Hold::Interrupted),
            AudioState::Suspended if self.is_stuck => Some(Hold::Suspended),
            AudioState::Suspended | AudioState::Running => self.is_muted.then_some(Hold::Muted),
        }
    }
}

/// State of the recorder's thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecorderThread {
    /// Terminated, because the page was left during a recording.
    Ended,
    Starting,
    Ready,
}

/// The problem that the problem line shows.
#[derive(Debug)]
pub(super) enum ShownProblem {
    /// The recorder reported it. It updates its countdown, and reports when it is over.
    Recorder(Problem),
    /// The recorder reported it and tries again by itself.
    Interruption(Problem),
    /// A problem of the page itself.
    Page,
}

/// The lock, as this page knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordingLock {
    /// Not this page's.
    Released,
    /// The browser has not answered yet.
    Requested,
    /// This page's.
    Held,
}
