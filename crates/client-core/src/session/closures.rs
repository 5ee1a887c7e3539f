//! Why the service ended a session, from its `Error` message and the close frame.

use inturn_protocol::{Closure, ErrorMessage};

/// Prefers the `Error` message, which says more than the close frame that follows it.
pub(super) fn classify(error: &ErrorMessage, code: u16, reason: &str) -> Closure {
    let code = error
        .error_code
        .and_then(|code| u16::try_from(code).ok())
        .unwrap_or(code);
    let text = if error.error.is_empty() {
        reason
    } else {
        &error.error
    };
    Closure::classify(code, text)
}

/// What browsers report where the other side sent no close code; section 7.1.5 of RFC 6455.
pub(super) const NO_CLOSE_FRAME: u16 = 1006;
