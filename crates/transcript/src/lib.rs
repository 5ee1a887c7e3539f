#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod change;
mod correct;
mod correction;
mod document;
mod edits;
mod entry;
pub mod export;
mod gap;
mod import;
mod json_format;
mod phrases;
mod reading;
mod recording;
mod search;
mod selection;
mod session;
mod shown_corrections;
mod speaker;
mod transcript;
mod turn;
mod unicode;
mod words;

pub use change::Change;
pub use correction::{Correction, CorrectionId};
pub use document::{Document, DocumentChange, Part};
pub use entry::{Entry, EntryId, Touched};
pub use gap::{Gap, GapReason};
pub use import::{ImportError, JsonValue, from_json, from_json_value};
pub use phrases::Phrases;
pub use reading::{Reading, ShownWord};
pub use recording::{RecordingId, RecordingInfo};
pub use search::{Found, Query};
pub use selection::Place;
pub use session::{Session, SessionEnd};
pub use speaker::{Speaker, SpeakerName, TurnSpeakers};
pub use transcript::Transcript;
pub use turn::{Turn, TurnId, TurnState};
pub use unicode::{Cluster, Unicode};
pub use words::{Word, Words};
