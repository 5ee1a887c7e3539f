//! What a text export contains.

use crate::{phrases::Phrases, unicode::Unicode};

/// What a text or Markdown file contains besides the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// The times of turns and gaps.
    pub times: Times,
    /// Whether to write the names of the speakers, if the service labels them.
    pub names: bool,
    /// Whether to write the title, and the date of each recording.
    pub headings: bool,
    /// The phrases.
    pub phrases: Phrases,
}

/// Which times a text or Markdown file contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// No times.
    None,
    /// Times since the start of the recording: `1:05`.
    #[default]
    Recording,
    /// Times of the day, where the person was: `14:06:05`.
    Day,
}

/// What an SRT or WebVTT file contains besides the words.
#[derive(Clone, Copy, Debug)]
pub struct CueOptions {
    /// Whether to write the names of the speakers, if the service labels them.
    pub names: bool,
    /// The phrases.
    pub phrases: Phrases,
    /// Unicode's data, for the lines.
    pub unicode: Unicode,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            times: Times::default(),
            names: true,
            headings: true,
            phrases: Phrases::ENGLISH,
        }
    }
}

#[cfg(feature = "unicode-tables")]
impl Default for CueOptions {
    fn default() -> Self {
        Self {
            names: true,
            phrases: Phrases::ENGLISH,
            unicode: Unicode::default(),
        }
    }
}
