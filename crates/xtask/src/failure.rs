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

    /// All that went wrong, a line each.
    ///
    /// # Errors
    ///
    /// When anything did.
    pub(crate) fn all(outcomes: impl IntoIterator<Item = Result<(), Self>>) -> Result<(), Self> {
        let failed: Vec<String> = outcomes
            .into_iter()
            .filter_map(|outcome| Some(outcome.err()?.0))
            .collect();
        if failed.is_empty() {
            Ok(())
        } else {
            Err(Self(failed.join("\n")))
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
