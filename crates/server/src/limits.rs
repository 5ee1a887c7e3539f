//! Limits of tokens, recordings and hours, for each person and for all.
//!
//! [`Limits::take`] counts a request against every limit before the server requests a token from
//! the service. [Keep](Grant::keep) the [`Grant`] that it returns once there is a token. Dropping
//! the grant instead undoes what was counted for the new recording or the renewal.

mod claim;
mod counters;
mod grant;
mod keyed;
mod leases;
mod memory;
mod pending_costs;
mod recording_id;
mod redis;
mod refused;
mod sign_outs;
mod source;
mod worst_case;

use std::{sync::Arc, time::SystemTime};

use governor::clock::DefaultClock;
pub(crate) use leases::Confirmed;
pub(crate) use recording_id::RecordingId;
pub(crate) use refused::{NotCounted, Refused};
pub(crate) use sign_outs::SignInId;
pub(crate) use source::Source;
pub(crate) use worst_case::WorstCase;

use self::{
    claim::{Charge, Claim, EndReason, LeaseTimes},
    counters::Counters,
    grant::Grant,
    memory::MemoryLimits,
    redis::RedisLimits,
    sign_outs::SignOuts,
};
use crate::config::{BudgetTooSmall, LimitsConfig, SessionConfig, WhenRedisIsAway};

/// All limits of this server.
pub(crate) struct Limits {
    counters: Arc<Counters>,
    when_away: WhenRedisIsAway,
    sign_outs: SignOuts,
}

impl Limits {
    /// Creates the limits. Does not connect to Redis yet.
    ///
    /// # Errors
    ///
    /// Returns a [`LimitsError`] if the Redis URL is unusable, or if the hours a day are too few
    /// for a single recording.
    pub(crate) fn new(
        config: &LimitsConfig,
        session: &SessionConfig,
    ) -> Result<Arc<Self>, LimitsError> {
        config.check_budget(session)?;
        let (times, charge) = (LeaseTimes::of(session), Charge::of(config, session));
        let url = config.limits_redis.as_ref();
        let redis = url.map(|url| RedisLimits::new(url, config, charge, times));
        Ok(Arc::new(Self {
            counters: Arc::new(Counters {
                memory: MemoryLimits::new(config, charge, times, DefaultClock::default()),
                redis: redis.transpose().map_err(LimitsError::Redis)?,
            }),
            when_away: config.limits_when_redis_is_away,
            sign_outs: SignOuts::default(),
        }))
    }

    /// Counts one token and one recording. If any limit is reached, counts nothing.
    ///
    /// If `source` holds the recording `renews`, this renews it instead of counting another one.
    /// A recording of another source is treated as unknown.
    pub(crate) async fn take(
        &self,
        source: Source,
        renews: Option<RecordingId>,
    ) -> Result<Grant, Refused> {
        let id = RecordingId::new().ok_or(Refused::NoRandomness)?;
        let claim = Claim { id, renews };
        // Created before the call to Redis: if the client disconnects during the call, dropping the
        // grant removes the recording from Redis.
        let mut grant = Grant {
            counters: Arc::clone(&self.counters),
            claim: Some(claim),
            recording: id,
            is_in_redis: self.counters.redis.is_some(),
            reason: EndReason::Abandoned,
        };
        let counted = match &self.counters.redis {
            Some(redis) => Some(redis.take(&source, claim).await),
            None => None,
        };
        let taken = match counted {
            Some(Ok(taken)) => taken,
            Some(Err(error)) if self.when_away == WhenRedisIsAway::Closed => {
                // Redis may still execute the call later.
                grant.reason = EndReason::Failed;
                return Err(error.into());
            }
            None => self.counters.memory.count(&source, claim),
            Some(Err(error)) => {
                if let NotCounted::Failed(_) = error {
                    tracing::warn!(cause = %error, "a token is counted by this replica alone");
                }
                grant.is_in_redis = false;
                self.counters.memory.count(&source, claim)
            }
        };
        match taken {
            Ok(recording) => {
                grant.recording = recording;
                Ok(grant)
            }
            Err(hit) => {
                grant.claim = None;
                Err(Refused::Reached(hit))
            }
        }
    }

    /// Confirms that this recording's session began, as reported by the page.
    pub(crate) async fn begin(&self, recording: RecordingId) -> Confirmed {
        // Memory or Redis has the recording: Redis may have become available or unavailable since.
        match (self.counters.memory.begin(recording), &self.counters.redis) {
            (Confirmed::Unknown, Some(redis)) => redis.begin(recording).await,
            (confirmed, _) => confirmed,
        }
    }

    /// Ends a recording, if it exists.
    pub(crate) async fn end(&self, recording: RecordingId) {
        self.counters.memory.end(recording, EndReason::Ended);
        if let Some(redis) = &self.counters.redis {
            redis.end(recording).await;
        }
    }

    /// Ends a sign-in at every replica. Returns `true` if it was valid as far as this replica knew.
    pub(crate) async fn sign_out(&self, sign_in: SignInId) -> bool {
        let is_new = self.sign_outs.add(sign_in, SystemTime::now());
        if is_new && let Some(redis) = &self.counters.redis {
            redis.sign_out(sign_in).await;
        }
        is_new
    }

    /// Returns `true` if a sign-in was ended here or at another replica. While Redis is
    /// unavailable, this replica knows only the sign-outs that it has received itself.
    pub(crate) async fn is_signed_out(&self, sign_in: SignInId) -> bool {
        if self.sign_outs.contains(sign_in) {
            return true;
        }
        let Some(redis) = &self.counters.redis else {
            return false;
        };
        let is_signed_out = redis.is_signed_out(sign_in).await;
        if is_signed_out {
            // Remembered here in case Redis becomes unavailable or loses it.
            self.sign_outs.add(sign_in, SystemTime::now());
        }
        is_signed_out
    }

    /// Returns `true` if a Redis is configured and unavailable.
    pub(crate) fn redis_is_unavailable(&self) -> bool {
        self.counters
            .redis
            .as_ref()
            .is_some_and(|redis| redis.is_unavailable())
    }

    /// Returns `true` if all requests for a token are refused because Redis is unavailable.
    pub(crate) fn refuses_all(&self) -> bool {
        self.when_away == WhenRedisIsAway::Closed && self.redis_is_unavailable()
    }

    /// Connects to Redis, if one is configured, so that the log reports problems at start.
    pub(crate) async fn connect(&self) {
        if let Some(redis) = &self.counters.redis {
            redis.connect().await;
        }
    }
}

/// Error of `Limits::new`.
#[derive(Debug, thiserror::Error)]
pub enum LimitsError {
    /// The Redis URL can't be used.
    #[error("--limits-redis can't be used: {0}.")]
    Redis(::redis::RedisError),
    /// The hours a day are too few for a single recording.
    #[error(transparent)]
    Budget(#[from] BudgetTooSmall),
}
