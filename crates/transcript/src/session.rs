//! The sessions of a recording, as far as the transcript needs them.

use serde::{Deserialize, Serialize};

/// A session of the transcription service within a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The number that identifies the session. Later sessions have higher numbers.
    pub number: u32,
    /// Start of its audio, in milliseconds of the timeline.
    pub start_ms: u32,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionEnd {
    /// The service confirmed the end, so its open turns are complete.
    Clean,
    /// The connection was lost or closed early, so its open turns may lack words.
    BrokenOff,
}
