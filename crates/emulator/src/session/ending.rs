//! How a session ends.

use crate::refusal::Refusal;
use crate::session_log::{Closed, LoggedError};

/// How a session came to its end.
pub(super) enum Ending {
    /// By `Terminate`; the close is said unless a fault forbids it.
    Ended { close: bool },
    /// By an error of the client's, or a fault.
    Refused(Refusal),
    /// The connection is to be dropped as it is.
    Cut,
    /// The emulator stops.
    Stopped,
    /// The client sent a close frame, or none and went away.
    ByClient(Closed),
}

impl Ending {
    /// The `Error` to log, if one was sent.
    pub(super) fn error(&self) -> Option<LoggedError> {
        match self {
            Self::Refused(Refusal {
                code,
                text: Some(text),
            }) => Some(LoggedError {
                code: *code,
                text: text.clone(),
            }),
            _ => None,
        }
    }
}
