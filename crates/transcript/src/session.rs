//! The sessions of a recording, as far as the transcript needs them.

use serde::{Deserialize, Serialize};

/// A session of the transcription service within a recording, with the part of the timeline that it
/// owns: of two sessions that heard the same instant, the one with the higher number owns it. A
/// word belongs to the owner of its midpoint, so words that several sessions heard appear once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The number that identifies the session. Later sessions have higher numbers.
    pub number: u32,
    /// Start of the part that it owns, in milliseconds of the timeline. Its audio may begin
    /// earlier.
    pub start_ms: u32,
    /// End of the part that it owns, in milliseconds of the timeline. `None` if there is no end.
    pub end_ms: Option<u32>,
}

impl Session {
    /// Returns `true` if the part that it owns includes `instant_ms`, unless a session with a
    /// higher number owns it.
    pub fn covers(&self, instant_ms: u32) -> bool {
        self.start_ms <= instant_ms && self.end_ms.is_none_or(|end_ms| instant_ms < end_ms)
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionEnd {
    /// The service confirmed the end, so its open turns are complete.
    Clean,
    /// The connection was lost or closed early, so its open turns may lack words.
    BrokenOff,
}

/// The span and the end of a session. For each, the first change counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    pub(crate) number: u32,
    pub(crate) span: Option<Session>,
    /// Whether it has reported text, and so has taken over the part that it owns.
    pub(crate) has_text: bool,
    pub(crate) end: Option<SessionEnd>,
}
