//! Why a socket closed, and what a client should do about it.

/// Why a socket closed, told from the close code and the text of the last `Error` message.
///
/// The code comes first; the text only parts what the service lumps together: 1008 is a bad key, an
/// expired token, an empty account and a rate limit alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What a client should do after a [`Closure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nothing: it is over.
    Done,
    /// A new session with a fresh token, after a growing wait.
    RetryWithBackoff,
    /// One new session with a fresh token, at once.
    RetryOnceWithFreshToken,
    /// A new session with a fresh token at once, while somebody still records.
    ReopenAtOnce,
    /// A new session after at least this many seconds.
    RetryAfterSecs(u32),
    /// Stop: whoever runs the server must mend a key, an account or a setting.
    TellOperator,
    /// Stop: the client did wrong; trying again would do the same.
    ReportBug,
    /// Stop until the person asks again.
    WaitForPerson,
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

    /// What a client should do about it.
    pub fn advice(self) -> Advice {
        match self {
            Self::Ended => Advice::Done,
            Self::ConnectionLost
            | Self::ServiceFault
            | Self::TryAgainLater
            | Self::AudioTooFast
            | Self::Unlisted(_) => Advice::RetryWithBackoff,
            Self::TokenExpired => Advice::RetryOnceWithFreshToken,
            Self::SessionExpired => Advice::ReopenAtOnce,
            Self::TooManySessions => Advice::RetryAfterSecs(RATE_LIMIT_WAIT_SECS),
            Self::CredentialsRefused | Self::AccountRefused => Advice::TellOperator,
            Self::CredentialsMissing
            | Self::FrameTooBig
            | Self::RequestRefused
            | Self::FrameDurationRefused => Advice::ReportBug,
            Self::Inactivity => Advice::WaitForPerson,
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

/// How long to wait when sessions were opened too fast: a free account gets five a minute.
pub const RATE_LIMIT_WAIT_SECS: u32 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_close_is_told_apart() {
        use Advice as A;
        use Closure as C;
        let table: &[(u16, &str, Closure, Advice)] = &[
            (1000, "Session Ended", C::Ended, A::Done),
            (1001, "", C::ConnectionLost, A::RetryWithBackoff),
            (1006, "", C::ConnectionLost, A::RetryWithBackoff),
            (
                1008,
                "Unauthorized Connection: Missing Authorization header",
                C::CredentialsMissing,
                A::ReportBug,
            ),
            (
                1008,
                "Unauthorized Connection: Invalid API key",
                C::CredentialsRefused,
                A::TellOperator,
            ),
            (
                1008,
                "Unauthorized Connection: Signature has expired",
                C::TokenExpired,
                A::RetryOnceWithFreshToken,
            ),
            (
                1008,
                "Unauthorized Connection: Insufficient balance",
                C::AccountRefused,
                A::TellOperator,
            ),
            (
                1008,
                "Unauthorized Connection: Too many concurrent sessions",
                C::TooManySessions,
                A::RetryAfterSecs(12),
            ),
            (
                3009,
                "Too many concurrent sessions",
                C::TooManySessions,
                A::RetryAfterSecs(12),
            ),
            (1009, "", C::FrameTooBig, A::ReportBug),
            (1011, "", C::ServiceFault, A::RetryWithBackoff),
            (1013, "", C::TryAgainLater, A::RetryWithBackoff),
            (
                3005,
                "Session Cancelled: An error occurred",
                C::ServiceFault,
                A::RetryWithBackoff,
            ),
            (
                3006,
                "User Input Validation Error: Invalid 'sample_rate': too low",
                C::RequestRefused,
                A::ReportBug,
            ),
            (
                3006,
                "Session terminated due to inactivity: No messages received for 30 seconds",
                C::Inactivity,
                A::WaitForPerson,
            ),
            (
                3007,
                "Input Duration Error: Input Duration Violation: 20.0 ms. Expected between 50 and 1000 ms",
                C::FrameDurationRefused,
                A::ReportBug,
            ),
            (
                3007,
                "Input Duration Error: Audio Transmission Rate Exceeded: Received 314.9 sec. audio in 1.3 sec",
                C::AudioTooFast,
                A::RetryWithBackoff,
            ),
            (
                3008,
                "Session Expired: Maximum session duration exceeded",
                C::SessionExpired,
                A::ReopenAtOnce,
            ),
            (4001, "", C::CredentialsRefused, A::TellOperator),
            (4002, "", C::AccountRefused, A::TellOperator),
            (4008, "", C::SessionExpired, A::ReopenAtOnce),
            (4031, "", C::Inactivity, A::WaitForPerson),
            (4999, "", C::Unlisted(4999), A::RetryWithBackoff),
        ];
        for (code, text, closure, advice) in table {
            assert_eq!(Closure::classify(*code, text), *closure, "{code} {text}");
            assert_eq!(closure.advice(), *advice, "{code} {text}");
        }
    }
}
