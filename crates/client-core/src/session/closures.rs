//! How a session was ended by the service, from all that told of it.

use inturn_protocol::{Closure, ErrorMessage};

/// The `Error` message says more than the close that follows it.
pub(super) fn classify(error: &ErrorMessage, code: u16, reason: &str) -> Closure {
    let told = error
        .error_code
        .and_then(|code| u16::try_from(code).ok())
        .unwrap_or(code);
    let text = if error.error.is_empty() {
        reason
    } else {
        &error.error
    };
    Closure::classify(told, text)
}

/// What browsers report where the other side sent no close code; section 7.1.5 of RFC 6455.
pub(super) const NO_CLOSE_FRAME: u16 = 1006;
