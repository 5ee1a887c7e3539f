//! A cue and its limits.

/// A text that is shown for some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cue {
    /// Start, in milliseconds since the start of the first recording.
    pub start_ms: u64,
    /// End.
    pub end_ms: u64,
    /// One or two lines.
    pub lines: Vec<String>,
    /// The speaker's name, if it is known and the options ask for it.
    pub name: Option<String>,
    /// The language as the service reports it.
    pub language: Option<String>,
}

/// Longest line, in columns: the common limit of subtitles in Latin script.
pub const MAX_COLUMNS: usize = 42;
/// Most lines of a cue.
pub const MAX_LINES: usize = 2;
/// How long a cue is shown at least, in milliseconds.
pub const MIN_MS: u64 = 1_000;
/// How long a cue is shown at most, in milliseconds.
pub const MAX_MS: u64 = 7_000;
