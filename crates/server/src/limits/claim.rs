//! What one request for a token counts, and for how long.

use std::{num::NonZeroU32, time::Duration};

use super::recording_id::RecordingId;
use crate::config::{LimitsConfig, SessionConfig};

/// Lifetimes of a lease that the page does not end.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeaseTimes {
    /// Time until the token can open no session any more.
    pub(super) unconfirmed: Duration,
    /// The longest session.
    pub(super) session: Duration,
}

impl LeaseTimes {
    pub(super) fn of(session: &SessionConfig) -> Self {
        let token = Duration::from_secs(session.token_expires_in_seconds.into());
        Self {
            unconfirmed: token + BEGIN_GRACE,
            session: Duration::from_secs(session.max_session_duration_seconds.into()),
        }
    }

    /// Time until no session of the token can still be open: one may begin just before the token
    /// expires.
    pub(super) fn confirmed(self) -> Duration {
        self.unconfirmed + self.session
    }
}

/// What a session costs of the hours a day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charge {
    /// The cost while the session may be open: the longest possible session.
    pub(super) cap_seconds: NonZeroU32,
    /// The minimum cost. The server can't see whether a session ended at the service, so a
    /// recording that the page reported as ended may still be billed.
    pub(super) minimum_seconds: u32,
}

impl Charge {
    pub(super) fn of(config: &LimitsConfig, session: &SessionConfig) -> Self {
        Self {
            // Never zero: the minimum of the flag is 60.
            cap_seconds: NonZeroU32::new(session.max_session_duration_seconds)
                .unwrap_or(NonZeroU32::MIN),
            minimum_seconds: config.recording_minimum_seconds,
        }
    }

    /// Returns the seconds to refund for a session that ended after `lasted`, a time by the
    /// server's own clock.
    pub(super) fn unused_seconds(self, lasted: Duration) -> u32 {
        let passed = lasted.as_millis().div_ceil(1000);
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        let cap = self.cap_seconds.get();
        cap.saturating_sub(passed.max(self.minimum_seconds))
    }
}

/// The ids under which one request for a token is counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Claim {
    /// The id of the recording that the request opens. For a renewal, the id of the new session.
    pub(super) id: RecordingId,
    /// The recording to renew, if the caller holds it.
    pub(super) renews: Option<RecordingId>,
}

/// Reason why a lease ends early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EndReason {
    /// The page reported that the recording ended.
    Ended,
    /// The client disconnected before the response. The service may have created a token, but no
    /// client has received it.
    Abandoned,
    /// The service issued no token.
    Failed,
}

/// `Retry-After` if too many recordings are in progress. The server can't know when one will end.
pub(super) const RECORDING_WAIT: Duration = Duration::from_secs(30);

/// The time from the request for a token to the report that its session began, in addition to the
/// token's own lifetime: nine seconds for the service to create the token (the maximum of
/// `--upstream-timeout-seconds`), and ten seconds for which the page waits for `Begin`.
const BEGIN_GRACE: Duration = Duration::from_secs(19);

pub(super) const MINUTE: Duration = Duration::from_secs(60);

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
