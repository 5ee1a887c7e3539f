//! How much anybody may ask for.
//!
//! [`Limits::take`] counts a request against every limit before the service is asked. What it gives is
//! to be [kept](Grant::keep) once there is a token; dropped, the recording counts no more, or what was
//! counted for its renewal is given back.

mod grant;
mod keyed;
mod leases;
mod memory;
mod recording_id;
mod redis;
mod settled;
mod sign_outs;
mod worst_case;

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, SystemTime},
};

use governor::clock::DefaultClock;

pub(crate) use leases::Confirmed;
pub(crate) use recording_id::RecordingId;
pub(crate) use sign_outs::SignInId;
pub(crate) use worst_case::WorstCase;

use self::{grant::Grant, keyed::KeyedLimiter, memory::Memory, redis::Shared, sign_outs::SignOuts};
use crate::config::{BudgetTooSmall, LimitsConfig, SessionConfig, WhenAway};

/// Whose limit counts: a person where somebody is named, otherwise an address.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Source {
    /// As the proxy names them.
    Person(String),
    /// Where they are.
    Address(IpAddr),
}

impl Source {
    /// A person. Names are compared without case: a proxy may spell one person in several ways.
    pub(crate) fn person(name: &str) -> Self {
        Self::Person(name.to_lowercase())
    }

    /// An address, or the network that one household has: whoever has one IPv6 address has 2^64.
    pub(crate) fn address(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(whole) => {
                let [a, b, c, d, ..] = whole.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

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

/// How long a lease lasts that the page does not end.
#[derive(Clone, Copy, Debug)]
struct Lasts {
    /// Until the token can open no session any more.
    unconfirmed: Duration,
    /// The longest session.
    session: Duration,
}

impl Lasts {
    fn of(session: &SessionConfig) -> Self {
        let token = Duration::from_secs(session.token_expires_in_seconds.into());
        Self {
            unconfirmed: token + BEGIN_GRACE,
            session: Duration::from_secs(session.max_session_duration_seconds.into()),
        }
    }

    /// Until no session of the token can be on: one may begin at the token's last moment.
    fn confirmed(self) -> Duration {
        self.unconfirmed + self.session
    }
}

/// What a recording costs of the hours a day.
#[derive(Clone, Copy, Debug)]
struct Charge {
    /// When its token is asked for: the longest session.
    cap_seconds: NonZeroU32,
    /// At the least: the server can't see whether a session ended at the service, so a recording that is
    /// said to be over may still be billed.
    minimum_seconds: u32,
}

impl Charge {
    fn of(config: &LimitsConfig, session: &SessionConfig) -> Self {
        Self {
            // Never zero: the flag's range begins at 60.
            cap_seconds: NonZeroU32::new(session.max_session_duration_seconds)
                .unwrap_or(NonZeroU32::MIN),
            minimum_seconds: config.recording_minimum_seconds,
        }
    }

    /// How many seconds are given back of a session that ended, by the server's clock alone.
    fn given_back(self, lasted: Duration) -> u32 {
        let passed = lasted.as_millis().div_ceil(1000);
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        let cap = self.cap_seconds.get();
        cap.saturating_sub(passed.max(self.minimum_seconds))
    }
}

/// What a request for a token is counted by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Claim {
    /// The recording that it opens; if it renews one, this names its session alone.
    id: RecordingId,
    /// The recording to be renewed, if the caller holds it.
    renews: Option<RecordingId>,
}

/// Why a lease ends early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Over {
    /// The page says that the recording is over.
    Ended,
    /// The client went away before there was an answer. The service may have made a token, but nobody
    /// has it.
    Abandoned,
    /// There was no token.
    Failed,
}

/// All limits of this server.
pub(crate) struct Limits {
    memory: Memory,
    shared: Option<Arc<Shared>>,
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
            memory: Memory::new(config, charge, lasts, DefaultClock::default()),
            shared: shared.transpose().map_err(LimitsError::Redis)?,
            when_away: config.limits_when_redis_is_away,
            sign_outs: SignOuts::default(),
        }))
    }

    /// Counts one token, and one recording, or nothing at all if any limit is reached.
    ///
    /// If `source` holds the recording `renews`, that one is renewed and no other is counted. Any other
    /// recording is unknown.
    pub(crate) async fn take(
        self: &Arc<Self>,
        source: Source,
        renews: Option<RecordingId>,
    ) -> Result<Grant, Refused> {
        let id = RecordingId::new().ok_or(Refused::NoRandomness)?;
        let claim = Claim { id, renews };
        // Made first: whoever goes away while Redis is asked leaves no recording there.
        let mut grant = Grant {
            limits: Arc::clone(self),
            claim: Some(claim),
            recording: id,
            is_shared: self.shared.is_some(),
            over: Over::Abandoned,
        };
        let counted = match &self.shared {
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
            None => self.memory.count(&source, claim),
            Some(Err(error)) => {
                if let NotCounted::Failed(_) = error {
                    tracing::warn!(cause = %error, "a token is counted by this replica alone");
                }
                grant.is_shared = false;
                self.memory.count(&source, claim)
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
        match (self.memory.begin(recording), &self.shared) {
            (Confirmed::Unknown, Some(shared)) => shared.begin(recording).await,
            (confirmed, _) => confirmed,
        }
    }

    /// A recording is over, if it was one.
    pub(crate) async fn end(&self, recording: RecordingId) {
        self.memory.end(recording, Over::Ended);
        if let Some(shared) = &self.shared {
            shared.end(recording).await;
        }
    }

    /// Ends a sign-in at every replica. Returns whether it was still valid, as far as this replica knew.
    pub(crate) async fn sign_out(&self, sign_in: SignInId) -> bool {
        let is_new = self.sign_outs.add(sign_in, SystemTime::now());
        if is_new && let Some(shared) = &self.shared {
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
        let Some(shared) = &self.shared else {
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
        self.shared.as_ref().is_some_and(|shared| shared.is_away())
    }

    /// Whether nobody gets a token because nobody can be counted.
    pub(crate) fn refuse_everybody(&self) -> bool {
        self.when_away == WhenAway::Closed && self.redis_is_away()
    }

    /// Looks for the Redis, if there is to be one, so that the log says early what is wrong.
    pub(crate) async fn connect(&self) {
        if let Some(shared) = &self.shared {
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

/// How long until an ended recording may have made room. Nobody knows when people will stop, so this is
/// no more than a time after which to try again.
const RECORDING_WAIT: Duration = Duration::from_secs(30);

/// From the moment at which a token is asked for to that at which its session is known to have begun,
/// beside the token's own life: nine seconds for the service to make it (the most that
/// `--upstream-timeout-seconds` allows) and ten for the page's wait for `Begin`.
const BEGIN_GRACE: Duration = Duration::from_secs(19);

const MINUTE: Duration = Duration::from_secs(60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
