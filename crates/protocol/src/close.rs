//! Why a socket closed.

use serde::{Deserialize, Serialize};

/// Why a socket closed, told from the close code and the text of the last `Error` message.
///
/// The code comes first; the text only parts what the service lumps together: 1008 is a bad key, an
/// expired token, an empty account and a rate limit alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closure {
    /// 1000: the session ended as asked.
    Ended,
    /// 1001, 1006 and other codes without an `Error`: the network or a server went away.
    ConnectionLost,
    /// 1008: no key or token reached the service.
    CredentialsMissing,
    /// 1008, 4001: the key or token was refused.
    CredentialsRefused,
    /// 1008: the token was opened after its window.
    TokenExpired,
    /// 1008, 4002, 4003: balance, plan or a disabled account.
    AccountRefused,
    /// 1008, 3009, 4102: too many new sessions in a minute.
    TooManySessions,
    /// 1009: a frame over 128 KB.
    FrameTooBig,
    /// 1011, 3005 and the like: the service failed.
    ServiceFault,
    /// 1013: the service asks for patience.
    TryAgainLater,
    /// 3006, 4100, 4101: a parameter or message the service does not take.
    RequestRefused,
    /// 3006, 4031: no audio for as long as we had set.
    Inactivity,
    /// 3007: a frame outside the duration bounds.
    FrameDurationRefused,
    /// 3007, 4029: audio far faster than real time.
    AudioTooFast,
    /// 3008, 4008: three hours, or the token's cap.
    SessionExpired,
    /// A code nobody has listed.
    Unlisted(u16),
}

impl Closure {
    /// Tells why the socket closed. `text` is the last `Error` message, or the close reason where
    /// there was none.
    pub fn classify(code: u16, text: &str) -> Self {
        let says = |part: &str| contains_ignoring_case(text, part);
        match code {
            1000 => Self::Ended,
            1001 | 1005 | 1006 | 1012 | 1015 => Self::ConnectionLost,
            1008 | 3009 | 4001..=4003 | 4102 => Self::refusal(code, says),
            1009 => Self::FrameTooBig,
            1011 | 3005 => Self::ServiceFault,
            1013 => Self::TryAgainLater,
            3006 if says("inactivity") => Self::Inactivity,
            3006 | 4100 | 4101 => Self::RequestRefused,
            3007 if says("transmission rate") => Self::AudioTooFast,
            3007 => Self::FrameDurationRefused,
            3008 | 4008 => Self::SessionExpired,
            4029 => Self::AudioTooFast,
            4031 => Self::Inactivity,
            other => Self::Unlisted(other),
        }
    }

    fn refusal(code: u16, says: impl Fn(&str) -> bool) -> Self {
        if code == 3009 || code == 4102 || says("too many concurrent") {
            Self::TooManySessions
        } else if says("expired") {
            Self::TokenExpired
        } else if says("missing authorization") {
            Self::CredentialsMissing
        } else if code == 4001 || says("invalid api key") {
            Self::CredentialsRefused
        } else {
            Self::AccountRefused
        }
    }
}

/// As far as ASCII goes, in which the service writes: the tables of all other letters would be as
/// large as the rest of a client's view of closes.
fn contains_ignoring_case(text: &str, part: &str) -> bool {
    let mut places = text.as_bytes().windows(part.len());
    places.any(|place| place.eq_ignore_ascii_case(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_close_is_told_apart() {
        use Closure as C;
        let table: &[(u16, &str, Closure)] = &[
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
                "Input Duration Error: Input Duration Violation: 20.0 ms. Expected between 50 and 1000 ms",
                C::FrameDurationRefused,
            ),
            (
                3007,
                "Input Duration Error: Audio Transmission Rate Exceeded: Received 314.9 sec. audio in 1.3 sec",
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
        for (code, text, closure) in table {
            assert_eq!(Closure::classify(*code, text), *closure, "{code} {text}");
        }
    }
}
