//! What a request for a token is counted by, and how long that counts.

use std::{num::NonZeroU32, time::Duration};

use super::recording_id::RecordingId;
use crate::config::{LimitsConfig, SessionConfig};

/// How long a lease lasts that the page does not end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lasts {
    /// Until the token can open no session any more.
    pub(super) unconfirmed: Duration,
    /// The longest session.
    pub(super) session: Duration,
}

impl Lasts {
    pub(super) fn of(session: &SessionConfig) -> Self {
        let token = Duration::from_secs(session.token_expires_in_seconds.into());
        Self {
            unconfirmed: token + BEGIN_GRACE,
            session: Duration::from_secs(session.max_session_duration_seconds.into()),
        }
    }

    /// Until no session of the token can be on: one may begin at the token's last moment.
    pub(super) fn confirmed(self) -> Duration {
        self.unconfirmed + self.session
    }
}

/// What a recording costs of the hours a day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charge {
    /// When its token is asked for: the longest session.
    pub(super) cap_seconds: NonZeroU32,
    /// At the least: the server can't see whether a session ended at the service, so a recording that is
    /// said to be over may still be billed.
    pub(super) minimum_seconds: u32,
}

impl Charge {
    pub(super) fn of(config: &LimitsConfig, session: &SessionConfig) -> Self {
        Self {
            // Never zero: the flag's range begins at 60.
            cap_seconds: NonZeroU32::new(session.max_session_duration_seconds)
                .unwrap_or(NonZeroU32::MIN),
            minimum_seconds: config.recording_minimum_seconds,
        }
    }

    /// How many seconds are given back of a session that ended, by the server's clock alone.
    pub(super) fn given_back(self, lasted: Duration) -> u32 {
        let passed = lasted.as_millis().div_ceil(1000);
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        let cap = self.cap_seconds.get();
        cap.saturating_sub(passed.max(self.minimum_seconds))
    }
}

/// What a request for a token is counted by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Claim {
    /// The recording that it opens; if it renews one, this names its session alone.
    pub(super) id: RecordingId,
    /// The recording to be renewed, if the caller holds it.
    pub(super) renews: Option<RecordingId>,
}

/// Why a lease ends early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Over {
    /// The page says that the recording is over.
    Ended,
    /// The client went away before there was an answer. The service may have made a token, but nobody
    /// has it.
    Abandoned,
    /// There was no token.
    Failed,
}

/// How long until an ended recording may have made room. Nobody knows when people will stop, so this is
/// no more than a time after which to try again.
pub(super) const RECORDING_WAIT: Duration = Duration::from_secs(30);

/// From the moment at which a token is asked for to that at which its session is known to have begun,
/// beside the token's own life: nine seconds for the service to make it (the most that
/// `--upstream-timeout-seconds` allows) and ten for the page's wait for `Begin`.
const BEGIN_GRACE: Duration = Duration::from_secs(19);

pub(super) const MINUTE: Duration = Duration::from_secs(60);

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
