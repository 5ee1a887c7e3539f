//! The list of stored recordings, as the page shows it.

mod search;
mod text;
mod when;

pub use self::{
    search::{Hits, Snippet},
    text::*,
    when::{length, when},
};
use crate::retention::{Listed, Use};

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowView {
    /// The title, or when the recording began.
    pub title: String,
    /// When it began, how long it is, and what is special about it.
    pub details: String,
    /// Whether it can be renamed and deleted: no tab records it.
    pub can_change: bool,
    /// Whether it was interrupted, and has not been continued or settled since.
    pub is_interrupted: bool,
    /// What a search has found, if there was one.
    pub hits: Option<Hits>,
}

impl RowView {
    /// Creates the row of a recording.
    pub fn new(listed: &Listed, now_unix_ms: u64) -> Self {
        let when = when(listed.info, now_unix_ms);
        let length = length(listed.length_ms);
        let mut details = match listed.title.as_str() {
            "" => length,
            _ => [when.as_str(), ", ", &length].concat(),
        };
        match listed.usage {
            Use::Recording => details.push_str(", recording now"),
            Use::Interrupted => details.push_str(", interrupted"),
            Use::Ended => {}
        }
        if listed.audio_bytes > 0 {
            details.push_str(", audio ");
            details.push_str(&listed.audio_bytes.div_ceil(1_000_000).to_string());
            details.push_str(" MB");
        }
        Self {
            title: match listed.title.as_str() {
                "" => when,
                title => title.to_owned(),
            },
            details,
            can_change: listed.usage != Use::Recording,
            is_interrupted: listed.is_interrupted(),
            hits: None,
        }
    }
}

/// Returns the sentence about a recording that was interrupted. `has_others` says whether others
/// were.
pub fn recovered(listed: &Listed, has_others: bool, now_unix_ms: u64) -> String {
    let when = when(listed.info, now_unix_ms);
    let length = length(listed.length_ms);
    let mut sentence = ["Recovered: ", &when, ", ", &length].concat();
    if has_others {
        sentence.push_str(". More are in Past transcripts.");
    }
    sentence
}
