//! The error type of all commands.

use std::fmt;

/// A message that a person can act on. No caller distinguishes failures, so there are no variants.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// Creates a failure with this message.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Combines several outcomes.
    ///
    /// # Errors
    ///
    /// Returns the messages of all failures, one per line, if there is at least one.
    pub(crate) fn combine(
        outcomes: impl IntoIterator<Item = Result<(), Self>>,
    ) -> Result<(), Self> {
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
