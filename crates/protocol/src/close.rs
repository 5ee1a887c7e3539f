//! The causes of a closed socket.

use serde::{Deserialize, Serialize};

/// Why a socket closed, derived from the close code and the text of the last `Error` message.
///
/// The code takes precedence. The text only distinguishes causes that share a code: 1008 may be a
/// bad key, an expired token, an empty account or a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseCause {
    /// 1000: the session ended as requested.
    Ended,
    /// 1001, 1006 and other codes without an `Error`: the network or a server failed.
    ConnectionLost,
    /// 1008: the service received no key or token.
    CredentialsMissing,
    /// 1008, 4001: the key or token was refused.
    CredentialsRefused,
    /// 1008: the token was used after it had expired.
    TokenExpired,
    /// 1008, 4002, 4003: the balance, the plan or a disabled account.
    AccountRefused,
    /// 1008, 3009, 4102: too many new sessions in a minute.
    TooManySessions,
    /// 1009: a frame was larger than 128 KB.
    FrameTooBig,
    /// 1011, 3005: the service failed.
    ServiceFault,
    /// 1013: the service is overloaded.
    TryAgainLater,
    /// 3006, 4100, 4101: the service does not accept a parameter or a message.
    RequestRefused,
    /// 3006, 4031: no audio for the configured inactivity timeout.
    Inactivity,
    /// 3007: a frame was shorter or longer than allowed.
    FrameDurationRefused,
    /// 3007, 4029: audio came much faster than real time.
    AudioTooFast,
    /// 3008, 4008: the session reached three hours, or the token's limit.
    SessionExpired,
    /// An undocumented code.
    Unlisted(u16),
}

impl CloseCause {
    /// Returns why the socket closed. `text` is the last `Error` message, or the close reason if
    /// there was none.
    pub fn classify(code: u16, text: &str) -> Self {
        let contains = |part: &str| contains_ignoring_case(text, part);
        match code {
            1000 => Self::Ended,
            1001 | 1005 | 1006 | 1012 | 1015 => Self::ConnectionLost,
            1008 | 3009 | 4001..=4003 | 4102 => Self::classify_refusal(code, contains),
            1009 => Self::FrameTooBig,
            1011 | 3005 => Self::ServiceFault,
            1013 => Self::TryAgainLater,
            3006 if contains("inactivity") => Self::Inactivity,
            3006 | 4100 | 4101 => Self::RequestRefused,
            3007 if contains("transmission rate") => Self::AudioTooFast,
            3007 => Self::FrameDurationRefused,
            3008 | 4008 => Self::SessionExpired,
            4029 => Self::AudioTooFast,
            4031 => Self::Inactivity,
            other => Self::Unlisted(other),
        }
    }

    fn classify_refusal(code: u16, contains: impl Fn(&str) -> bool) -> Self {
        if code == 3009 || code == 4102 || contains("too many concurrent") {
            Self::TooManySessions
        } else if contains("expired") {
            Self::TokenExpired
        } else if contains("missing authorization") {
            Self::CredentialsMissing
        } else if code == 4001 || contains("invalid api key") {
            Self::CredentialsRefused
        } else {
            Self::AccountRefused
        }
    }
}

/// Searches `part` in `text`, ignoring ASCII case. The service writes ASCII, and Unicode case
/// tables would add more code to a client than all of this module.
fn contains_ignoring_case(text: &str, part: &str) -> bool {
    let mut windows = text.as_bytes().windows(part.len());
    windows.any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_close_has_a_cause() {
        use CloseCause as C;
        let table: &[(u16, &str, CloseCause)] = &[
            (1000, "Session Ended", C::Ended),
            (1001, "", C::ConnectionLost),
            (1006, "", C::ConnectionLost),
            (
                1008,
                "Unauthorized Connection: Missing Authorization header",
                C::CredentialsMissing,
            ),
            (
                1008,
                "Unauthorized Connection: Invalid API key",
                C::CredentialsRefused,
            ),
            (
                1008,
                "Unauthorized Connection: Signature has expired",
                C::TokenExpired,
            ),
            (
                1008,
                "Unauthorized Connection: Insufficient balance",
                C::AccountRefused,
            ),
            (
                1008,
                "Unauthorized Connection: Too many concurrent sessions",
                C::TooManySessions,
            ),
            (3009, "Too many concurrent sessions", C::TooManySessions),
            (1009, "", C::FrameTooBig),
            (1011, "", C::ServiceFault),
            (1013, "", C::TryAgainLater),
            (
                3005,
                "Session Cancelled: An error occurred",
                C::ServiceFault,
            ),
            (
                3006,
                "User Input Validation Error: Invalid 'sample_rate': too low",
                C::RequestRefused,
            ),
            (
                3006,
                "Session terminated due to inactivity: No messages received for 30 seconds",
                C::Inactivity,
            ),
            (
                3007,
                "Input Duration Error: Input Duration Violation: 20.0 ms. \
                 Expected between 50 and 1000 ms",
                C::FrameDurationRefused,
            ),
            (
                3007,
                "Input Duration Error: Audio Transmission Rate Exceeded: \
                 Received 314.9 sec. audio in 1.3 sec",
                C::AudioTooFast,
            ),
            (
                3008,
                "Session Expired: Maximum session duration exceeded",
                C::SessionExpired,
            ),
            (4001, "", C::CredentialsRefused),
            (4002, "", C::AccountRefused),
            (4008, "", C::SessionExpired),
            (4031, "", C::Inactivity),
            (4999, "", C::Unlisted(4999)),
        ];
        for (code, text, cause) in table {
            assert_eq!(CloseCause::classify(*code, text), *cause, "{code} {text}");
        }
    }
}
