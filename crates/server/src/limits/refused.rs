//! Reasons to refuse a request for a token.

use std::time::Duration;

use crate::error::ApiError;

/// One of the limits. The names are part of the interface: logs and metrics use them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LimitKind {
    /// Tokens a minute of one person.
    PersonMinute,
    /// Tokens a day of one person.
    PersonDay,
    /// Hours of recording a day of one person.
    PersonHours,
    /// Recordings of one person at once.
    PersonRecordings,
    /// Tokens a minute of all.
    AllMinute,
    /// Tokens a day of all.
    AllDay,
    /// Hours of recording a day of all.
    AllHours,
    /// Recordings of all at once.
    AllRecordings,
}

impl LimitKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PersonMinute => "person_minute",
            Self::PersonDay => "person_day",
            Self::PersonHours => "person_hours",
            Self::PersonRecordings => "person_recordings",
            Self::AllMinute => "all_minute",
            Self::AllDay => "all_day",
            Self::AllHours => "all_hours",
            Self::AllRecordings => "all_recordings",
        }
    }
}

/// A limit that is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LimitHit {
    pub(crate) kind: LimitKind,
    /// Time after which a retry may succeed.
    pub(crate) wait: Duration,
}

/// Reason to refuse a request for a token.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("a limit is reached")]
    Reached(LimitHit),
    #[error(transparent)]
    NotCounted(#[from] NotCounted),
    #[error("the operating system returned no random bytes")]
    NoRandomness,
}

/// Reason why Redis did not count a request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NotCounted {
    /// There is no connection to Redis, or Redis serves no requests.
    #[error("Redis is unavailable")]
    Unavailable,
    /// Redis answered this request with an error, and serves others.
    #[error("Redis answered with an error: {0}")]
    Failed(String),
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Reached(hit) => Self::LIMIT_REACHED.after(hit.wait),
            Refused::NotCounted(_) => Self {
                retry_after_seconds: Some(UNAVAILABLE_RETRY_SECONDS),
                ..Self::LIMITS_UNAVAILABLE
            },
            Refused::NoRandomness => Self::INTERNAL,
        }
    }
}

/// The server reconnects twice a second; this is time for an operator to restart Redis.
const UNAVAILABLE_RETRY_SECONDS: u32 = 5;
