//! Why a request is refused.

use std::time::Duration;

use crate::error::ApiError;

/// One of the limits. The names are part of the interface: logs and metrics use them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Which {
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

impl Which {
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
    pub(crate) which: Which,
    /// After which there may be room again.
    pub(crate) wait: Duration,
}

/// Why a request is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("a limit is reached")]
    Reached(LimitHit),
    #[error(transparent)]
    NotCounted(#[from] NotCounted),
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// Why Redis counted nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NotCounted {
    /// Nobody can be counted.
    #[error("Redis is away")]
    Away,
    /// Redis answered this request with an error, and answers others.
    #[error("Redis answered with an error: {0}")]
    Failed(String),
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Reached(hit) => Self::LIMIT_REACHED.after(hit.wait),
            Refused::NotCounted(_) => Self {
                retry_after_seconds: Some(AWAY_RETRY_SECONDS),
                ..Self::LIMITS_UNAVAILABLE
            },
            Refused::NoRandomness => Self::INTERNAL,
        }
    }
}

/// What counts is looked for twice a second: this is for those who restart it.
const AWAY_RETRY_SECONDS: u32 = 5;
