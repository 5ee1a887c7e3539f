//! Why a file can't be imported.

use std::fmt;

/// Why a file can't be imported. `Display` gives a sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// The text is not JSON.
    NotJson {
        /// The line and the column of the error, from 1, if the parser reports them.
        at: Option<(usize, usize)>,
    },
    /// The text is JSON, but not a transcript of Inturn.
    NotTranscript,
    /// The file has a version that this program does not know.
    Version {
        /// The version.
        found: u32,
    },
    /// A field is missing.
    Missing {
        /// Where it should be: `recordings[0].entries[3].start_ms`.
        path: String,
    },
    /// A field has a wrong value.
    Wrong {
        /// Where it is: `recordings[0].entries[3].start_ms`.
        path: String,
        /// What should be there.
        expected: &'static str,
    },
}

impl fmt::Display for ImportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { at: None } => formatter.write_str("The file is not valid JSON."),
            Self::NotJson {
                at: Some((line, column)),
            } => write!(
                formatter,
                "The file is not valid JSON (line {line}, column {column})."
            ),
            Self::NotTranscript => formatter.write_str(
                "The file is not a transcript that Inturn has saved: its \"format\" is missing.",
            ),
            Self::Version { found } => write!(
                formatter,
                "The file has version {found} of the format, which this version of Inturn cannot \
                 read."
            ),
            Self::Missing { path } => write!(formatter, "The file lacks {path}."),
            Self::Wrong { path, expected } => {
                write!(formatter, "The file is damaged: {path} is not {expected}.")
            }
        }
    }
}

impl std::error::Error for ImportError {}
