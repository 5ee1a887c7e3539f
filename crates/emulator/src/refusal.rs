//! The service's errors: a close code and the text of the `Error` message before it.

use inturn_protocol::{ClientMessageError, MAX_MESSAGE_BYTES, ParameterError};

/// An error with which the emulator ends a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    /// Text of the `Error` message. `None` sends neither an `Error` nor a close reason.
    pub(crate) text: Option<String>,
}

impl Refusal {
    pub(crate) fn new(code: u16, text: impl Into<String>) -> Self {
        Self {
            code,
            text: Some(text.into()),
        }
    }

    pub(crate) fn missing_authorization() -> Self {
        Self::new(
            1008,
            "Unauthorized Connection: Missing Authorization header",
        )
    }

    pub(crate) fn invalid_key() -> Self {
        Self::new(1008, "Unauthorized Connection: Invalid API key")
    }

    pub(crate) fn expired_token() -> Self {
        Self::new(1008, "Unauthorized Connection: Signature has expired")
    }

    pub(crate) fn too_many_sessions(code: u16) -> Self {
        Self::new(
            code,
            "Unauthorized Connection: Too many concurrent sessions",
        )
    }

    pub(crate) fn parameter(error: &ParameterError) -> Self {
        Self::new(3006, format!("User Input Validation Error: {error}"))
    }

    /// An invalid value, in the wording of the service's validator.
    pub(crate) fn input(name: &str, reason: &str) -> Self {
        Self::new(
            3006,
            format!("User Input Validation Error: Invalid '{name}': {reason}"),
        )
    }

    pub(crate) fn setting(name: &str) -> Self {
        Self::new(
            3006,
            format!("User Input Validation Error: Invalid '{name}'"),
        )
    }

    pub(crate) fn message(error: &ClientMessageError) -> Self {
        Self::new(
            3006,
            match error {
                ClientMessageError::InvalidJson(_) => {
                    format!("User Input Validation Error: {error}")
                }
                ClientMessageError::InvalidMessage(_) | ClientMessageError::UnknownType(_) => {
                    error.to_string()
                }
            },
        )
    }

    pub(crate) fn half_a_sample() -> Self {
        Self::new(3006, "Invalid Message: audio frame ends within a sample")
    }

    pub(crate) fn too_big(bytes: usize) -> Self {
        Self::new(
            1009,
            format!("Message too big: {bytes} bytes. Expected at most {MAX_MESSAGE_BYTES}"),
        )
    }

    pub(crate) fn duration(ms: f64) -> Self {
        Self::new(
            3007,
            format!(
                "Input Duration Error: Input Duration Violation: {ms:.1} ms. \
                 Expected between 50 and 1000 ms"
            ),
        )
    }

    pub(crate) fn too_fast(audio_secs: f64, wall_secs: f64) -> Self {
        Self::new(
            3007,
            format!(
                "Input Duration Error: Audio Transmission Rate Exceeded: \
                 Received {audio_secs:.1} sec. audio in {wall_secs:.6} sec"
            ),
        )
    }

    pub(crate) fn inactivity(secs: u32) -> Self {
        Self::new(
            3006,
            format!(
                "Session terminated due to inactivity: No messages received for {secs} seconds"
            ),
        )
    }

    pub(crate) fn session_expired() -> Self {
        Self::new(3008, "Session Expired: Maximum session duration exceeded")
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(3005, "Session Cancelled: An error occurred")
    }
}
