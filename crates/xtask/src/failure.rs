//! Why a command can't go on.

use std::fmt;

/// One sentence a person can act on. Nothing here tells failures apart, so they need no kinds.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// Takes the sentence.
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
