//! Gaps in a transcript.

use serde::{Deserialize, Serialize};

/// A part of the timeline that no session transcribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Start, in milliseconds of the timeline. Identifies the gap.
    pub from_ms: u32,
    /// End, in milliseconds of the timeline.
    pub to_ms: u32,
    /// The reason for the gap.
    pub reason: GapReason,
}

/// Why a part of the timeline was not transcribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GapReason {
    /// The service was not connected for longer than audio is kept.
    Disconnected,
    /// The microphone delivered no audio.
    NoAudio,
    /// A person paused the recording.
    Paused,
}
