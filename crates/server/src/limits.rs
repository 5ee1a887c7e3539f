//! How much anybody may ask for.
//!
//! [`Limits::take`] counts a request against every limit before the service is asked. What it gives is
//! to be [kept](Grant::keep) once there is a token; dropped, the recording counts no more, or what was
//! counted for its renewal is given back.

mod claim;
mod counters;
mod grant;
mod keyed;
mod leases;
mod memory;
mod recording_id;
mod redis;
mod refused;
mod settled;
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
    claim::{Charge, Claim, Lasts, Over},
    counters::Counters,
    grant::Grant,
    memory::Memory,
    redis::Shared,
    sign_outs::SignOuts,
};
use crate::config::{BudgetTooSmall, LimitsConfig, SessionConfig, WhenAway};

/// All limits of this server.
pub(crate) struct Limits {
    counters: Arc<Counters>,
    when_away: WhenAway,
    sign_outs: SignOuts,
}

impl Limits {
    /// Makes no call.
    ///
    /// # Errors
    ///
    /// [`LimitsError`] when there can be no such Redis, or no recording within the hours a day.
    pub(crate) fn new(
        config: &LimitsConfig,
        session: &SessionConfig,
    ) -> Result<Arc<Self>, LimitsError> {
        config.check_budget(session)?;
        let (lasts, charge) = (Lasts::of(session), Charge::of(config, session));
        let url = config.limits_redis.as_ref();
        let shared = url.map(|url| Shared::new(url, config, charge, lasts));
        Ok(Arc::new(Self {
            counters: Arc::new(Counters {
                memory: Memory::new(config, charge, lasts, DefaultClock::default()),
                shared: shared.transpose().map_err(LimitsError::Redis)?,
            }),
            when_away: config.limits_when_redis_is_away,
            sign_outs: SignOuts::default(),
        }))
    }

    /// Counts one token, and one recording, or nothing at all if any limit is reached.
    ///
    /// If `source` holds the recording `renews`, that one is renewed and no other is counted. Any other
    /// recording is unknown.
    pub(crate) async fn take(
        &self,
        source: Source,
        renews: Option<RecordingId>,
    ) -> Result<Grant, Refused> {
        let id = RecordingId::new().ok_or(Refused::NoRandomness)?;
        let claim = Claim { id, renews };
        // Made first: whoever goes away while Redis is asked leaves no recording there.
        let mut grant = Grant {
            counters: Arc::clone(&self.counters),
            claim: Some(claim),
            recording: id,
            is_shared: self.counters.shared.is_some(),
            over: Over::Abandoned,
        };
        let counted = match &self.counters.shared {
            Some(shared) => Some(shared.take(&source, claim).await),
            None => None,
        };
        let taken = match counted {
            Some(Ok(taken)) => taken,
            Some(Err(error)) if self.when_away == WhenAway::Closed => {
                // Redis may count it all the same, later.
                grant.over = Over::Failed;
                return Err(error.into());
            }
            None => self.counters.memory.count(&source, claim),
            Some(Err(error)) => {
                if let NotCounted::Failed(_) = error {
                    tracing::warn!(cause = %error, "a token is counted by this replica alone");
                }
                grant.is_shared = false;
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

    /// The page says that this recording's session began.
    pub(crate) async fn begin(&self, recording: RecordingId) -> Confirmed {
        // Whichever counts it: Redis may have come or gone meanwhile.
        match (self.counters.memory.begin(recording), &self.counters.shared) {
            (Confirmed::Unknown, Some(shared)) => shared.begin(recording).await,
            (confirmed, _) => confirmed,
        }
    }

    /// A recording is over, if it was one.
    pub(crate) async fn end(&self, recording: RecordingId) {
        self.counters.memory.end(recording, Over::Ended);
        if let Some(shared) = &self.counters.shared {
            shared.end(recording).await;
        }
    }

    /// Ends a sign-in at every replica. Returns whether it was still valid, as far as this replica knew.
    pub(crate) async fn sign_out(&self, sign_in: SignInId) -> bool {
        let is_new = self.sign_outs.add(sign_in, SystemTime::now());
        if is_new && let Some(shared) = &self.counters.shared {
            shared.sign_out(sign_in).await;
        }
        is_new
    }

    /// Whether a sign-in was ended, here or at another replica. While Redis is away, this replica knows only of
    /// the sign-outs that it has seen itself.
    pub(crate) async fn is_signed_out(&self, sign_in: SignInId) -> bool {
        if self.sign_outs.contains(sign_in) {
            return true;
        }
        let Some(shared) = &self.counters.shared else {
            return false;
        };
        let is_signed_out = shared.is_signed_out(sign_in).await;
        if is_signed_out {
            // Known from now on even if Redis goes away or forgets it.
            self.sign_outs.add(sign_in, SystemTime::now());
        }
        is_signed_out
    }

    /// Whether there is to be a Redis, and none is there.
    pub(crate) fn redis_is_away(&self) -> bool {
        self.counters
            .shared
            .as_ref()
            .is_some_and(|shared| shared.is_away())
    }

    /// Whether nobody gets a token because nobody can be counted.
    pub(crate) fn refuse_everybody(&self) -> bool {
        self.when_away == WhenAway::Closed && self.redis_is_away()
    }

    /// Looks for the Redis, if there is to be one, so that the log says early what is wrong.
    pub(crate) async fn connect(&self) {
        if let Some(shared) = &self.counters.shared {
            shared.connect().await;
        }
    }
}

/// Why nothing can be counted.
#[derive(Debug, thiserror::Error)]
pub enum LimitsError {
    /// There can be no such Redis.
    #[error("--limits-redis can't be used: {0}.")]
    Redis(::redis::RedisError),
    /// Nobody could ever record.
    #[error(transparent)]
    Budget(#[from] BudgetTooSmall),
}
