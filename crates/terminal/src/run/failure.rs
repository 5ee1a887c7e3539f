//! Why the program ends without success.

use crate::wording::ExitStatus;

/// A sentence for a person, and the exit status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit status.
    pub status: ExitStatus,
    /// What is wrong and what to do.
    pub message: String,
}

impl Failure {
    /// Creates a failure.
    pub fn new(status: ExitStatus, message: impl ToString) -> Self {
        Self {
            status,
            message: message.to_string(),
        }
    }
}
