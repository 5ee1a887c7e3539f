//! How a session ends.

use crate::{
    refusal::Refusal,
    session_log::{Closed, LoggedError},
};

/// How a session ends.
pub(super) enum Ending {
    /// After `Terminate`. `close` is false if a fault suppresses the close frame.
    Terminated { close: bool },
    /// With an error of the client, or by a fault.
    Refused(Refusal),
    /// A fault drops the connection without a close frame.
    Cut,
    /// The emulator shuts down.
    Stopped,
    /// The client sent a close frame, or the connection was lost.
    ByClient(Closed),
}

impl Ending {
    /// Whether the client receives all earlier messages before this ending.
    pub(super) fn follows_messages(&self) -> bool {
        matches!(self, Self::Terminated { .. } | Self::Refused(_))
    }

    /// Returns the `Error` to log, if one is sent.
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
