//! What was not transcribed.

use serde::{Deserialize, Serialize};

/// A stretch of the timeline that no session transcribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Where it begins, in milliseconds of the timeline. Identifies the gap.
    pub from_ms: u32,
    /// Where it ends, in milliseconds of the timeline.
    pub to_ms: u32,
    /// Why nothing was transcribed.
    pub reason: GapReason,
}

/// Why a stretch was not transcribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GapReason {
    /// No connection to the service, and no room to keep the audio until there was one.
    Disconnected,
    /// The microphone gave no audio.
    NoAudio,
    /// A person paused the recording.
    Paused,
}
