//! The sessions of a recording, as far as the document needs them.

use serde::{Deserialize, Serialize};

/// A session of the transcription service within a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Identifies the session; higher for later sessions.
    pub number: u32,
    /// Where its audio begins, in milliseconds of the timeline.
    pub start_ms: u32,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionEnd {
    /// The service confirmed the end: its open turns are complete.
    Clean,
    /// The connection was lost or given up: its open turns may lack words.
    BrokenOff,
}
