//! How much anybody may ask for.
//!
//! [`Limits::take`] counts a request against every limit before the service is asked. What it gives is
//! to be [kept](Grant::keep) once there is a token; dropped, the recording counts no more.

mod keyed;
mod leases;
mod memory;
mod recording_id;
mod redis;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use governor::clock::DefaultClock;
use tokio::runtime::Handle;

pub(crate) use recording_id::RecordingId;

use self::{keyed::KeyedLimiter, memory::Memory, redis::Shared};
use crate::config::{LimitsConfig, SessionConfig, WhenAway};

/// Whose limit counts: a person where somebody is named, otherwise an address.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Source {
    /// As the proxy names them.
    Person(String),
    /// Where they are.
    Address(IpAddr),
}

impl Source {
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
    /// Recordings of one person at once.
    PersonRecordings,
    /// Tokens a minute of all.
    AllMinute,
    /// Tokens a day of all.
    AllDay,
    /// Recordings of all at once.
    AllRecordings,
}

impl Which {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PersonMinute => "person_minute",
            Self::PersonDay => "person_day",
            Self::PersonRecordings => "person_recordings",
            Self::AllMinute => "all_minute",
            Self::AllDay => "all_day",
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
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("a limit is reached")]
    Reached(LimitHit),
    #[error("Redis is away")]
    Unavailable,
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// All limits of this server.
pub(crate) struct Limits {
    memory: Memory,
    shared: Option<Arc<Shared>>,
    when_away: WhenAway,
    /// Whether anything limits recordings at once.
    counts_recordings: bool,
}

impl Limits {
    /// Makes no call.
    ///
    /// # Errors
    ///
    /// [`LimitsError`] when there can be no such Redis.
    pub(crate) fn new(
        config: &LimitsConfig,
        session: &SessionConfig,
    ) -> Result<Arc<Self>, LimitsError> {
        // From the last moment at which the token can open a session.
        let lasts = session.token_expires_in_seconds + session.max_session_duration_seconds;
        let lasts = Duration::from_secs(lasts.into());
        let url = config.limits_redis.as_ref();
        let shared = url.map(|url| Shared::new(url, config, lasts)).transpose();
        Ok(Arc::new(Self {
            memory: Memory::new(config, lasts, DefaultClock::default()),
            shared: shared.map_err(LimitsError)?,
            when_away: config.limits_when_redis_is_away,
            counts_recordings: config.person_recordings_at_once > 0
                || config.all_recordings_at_once > 0,
        }))
    }

    /// Counts one token, and one recording, or nothing at all if any limit is reached.
    pub(crate) async fn take(self: &Arc<Self>, source: Source) -> Result<Grant, Refused> {
        let recording = match self.counts_recordings {
            true => Some(RecordingId::new().ok_or(Refused::NoRandomness)?),
            false => None,
        };
        // Made first: whoever goes away while Redis is asked leaves no recording there.
        let mut grant = Grant {
            limits: Arc::clone(self),
            source,
            recording,
            is_shared: self.shared.is_some(),
        };
        let counted = match &self.shared {
            Some(shared) => shared.take(&grant.source, recording).await.ok(),
            None => None,
        };
        let taken = match counted {
            Some(taken) => taken,
            None if self.shared.is_some() && self.when_away == WhenAway::Closed => {
                return Err(Refused::Unavailable);
            }
            None => {
                grant.is_shared = false;
                self.memory.take(&grant.source, recording)
            }
        };
        if let Err(hit) = taken {
            grant.recording = None;
            return Err(Refused::Reached(hit));
        }
        Ok(grant)
    }

    /// A recording is over, if it was one.
    pub(crate) async fn end(&self, recording: RecordingId) {
        // Whichever counts it: Redis may have come or gone meanwhile.
        self.memory.end(recording);
        if let Some(shared) = &self.shared {
            // Unheard, it ends there by itself.
            let _ = shared.end(recording).await;
        }
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

/// What was counted for a request. Unless it is kept, the recording is taken back.
#[must_use = "dropped, the recording counts no more"]
pub(crate) struct Grant {
    limits: Arc<Limits>,
    source: Source,
    recording: Option<RecordingId>,
    /// Whether Redis counted it.
    is_shared: bool,
}

impl Grant {
    /// The token is handed out. The recording counts until it is ended by this name.
    pub(crate) fn keep(mut self) -> Option<RecordingId> {
        self.recording.take()
    }

    /// There was no token to hand out: the day's count is taken back too. The minute's stays, since it is
    /// what keeps anybody from asking without end while the service fails.
    pub(crate) fn fail(self) {
        match &self.limits.shared {
            Some(shared) if self.is_shared => {
                let (shared, source) = (Arc::clone(shared), self.source.clone());
                in_the_background(async move {
                    // Unheard, it comes back with time.
                    let _ = shared.give_back_day(&source).await;
                });
            }
            _ => self.limits.memory.give_back_day(&self.source),
        }
    }
}

impl Drop for Grant {
    // Also when the client goes away while the service is asked. It may have made a token then, so
    // nothing else is given back; but nobody has that token.
    fn drop(&mut self) {
        let Some(recording) = self.recording.take() else {
            return;
        };
        if !self.is_shared {
            return self.limits.memory.end(recording);
        }
        let limits = Arc::clone(&self.limits);
        in_the_background(async move { limits.end(recording).await });
    }
}

/// Nobody waits for it.
fn in_the_background(work: impl Future<Output = ()> + Send + 'static) {
    // Without a runtime there was nobody who could have asked.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(work);
    }
}

/// There can be no such Redis.
#[derive(Debug, thiserror::Error)]
#[error("--limits-redis can't be used: {0}.")]
pub struct LimitsError(::redis::RedisError);

/// How long until an ended recording may have made room. Nobody knows when people will stop, so this is
/// no more than a time after which to try again.
const RECORDING_WAIT: Duration = Duration::from_secs(30);

const MINUTE: Duration = Duration::from_secs(60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
