//! The limits of all replicas together, counted in a Redis.

mod connection;
mod retry_queue;

use std::{
    fmt,
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

use redis::{RedisError, Script};

use self::{
    connection::{RedisConnection, key},
    retry_queue::{RetryQueue, Update},
};
use super::{
    claim::{Charge, Claim, EndReason, LeaseTimes, RECORDING_WAIT},
    leases::Confirmed,
    recording_id::RecordingId,
    refused::{LimitHit, LimitKind, NotCounted},
    sign_outs::SignInId,
    source::Source,
};
use crate::config::{LimitsConfig, RedisUrl};

/// Counters in a Redis, shared by all replicas.
pub(super) struct RedisLimits {
    connection: Arc<RedisConnection>,
    scripts: Scripts,
    /// The maximum for each of the first eight keys of `take.lua`; 0 means no limit.
    maxima: [u32; 8],
    charge: Charge,
    times: LeaseTimes,
    queue: RetryQueue,
}

struct Scripts {
    take: Script,
    begin: Script,
    end: Script,
    sign_out: Script,
    is_signed_out: Script,
}

impl RedisLimits {
    /// Creates the limits. Does not connect yet.
    pub(super) fn new(
        url: &RedisUrl,
        config: &LimitsConfig,
        charge: Charge,
        times: LeaseTimes,
    ) -> Result<Arc<Self>, RedisError> {
        let [person_seconds, all_seconds] = config.seconds_per_day();
        Ok(Arc::new(Self {
            connection: RedisConnection::new(url, config.limits_when_redis_is_away)?,
            scripts: Scripts {
                take: Script::new(include_str!("redis/take.lua")),
                begin: Script::new(include_str!("redis/begin.lua")),
                end: Script::new(include_str!("redis/end.lua")),
                sign_out: Script::new("redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])"),
                is_signed_out: Script::new("return redis.call('EXISTS', KEYS[1])"),
            },
            maxima: [
                config.person_tokens_per_minute,
                config.person_tokens_per_day,
                config.all_tokens_per_minute,
                config.all_tokens_per_day,
                person_seconds,
                all_seconds,
                config.person_recordings_at_once,
                config.all_recordings_at_once,
            ],
            charge,
            times,
            queue: RetryQueue::default(),
        }))
    }

    /// Connects for the first time, so that the log reports problems at start.
    pub(super) async fn connect(&self) {
        self.connection.connect().await;
    }

    /// Returns `true` if Redis was unavailable at the last use.
    pub(super) fn is_unavailable(&self) -> bool {
        self.connection.is_unavailable()
    }

    /// Counts one token of `source`, and one recording unless the claim renews one of `source`.
    /// Returns the id of the recording, or the limit that is reached; then nothing is counted.
    ///
    /// # Errors
    ///
    /// Returns [`NotCounted`] if Redis is unavailable or fails.
    pub(super) async fn take(
        &self,
        source: &Source,
        claim: Claim,
    ) -> Result<Result<RecordingId, LimitHit>, NotCounted> {
        let id = claim.id.to_string();
        let renews = claim.renews.unwrap_or(claim.id);
        let mut call = self.scripts.take.prepare_invoke();
        for key in [
            key("person_minute", source),
            key("person_day", source),
            key("all_minute", &"all"),
            key("all_day", &"all"),
            key("person_hours", source),
            key("all_hours", &"all"),
            key("recordings", source),
            key("recordings", &"all"),
            key("lease", &id),
            key("lease", &renews),
            key("session", &id),
        ] {
            call.key(key);
        }
        for count in self.maxima {
            call.arg(count);
        }
        call.arg(self.charge.cap_seconds.get())
            .arg(millis(self.times.unconfirmed))
            .arg(millis(self.times.confirmed()))
            .arg(id)
            .arg(millis(RECORDING_WAIT))
            .arg(renews.to_string())
            .arg(self.charge.minimum_seconds);
        let (hit, wait, is_renewed): (usize, u64, u8) = self.connection.invoke(&call).await?;
        let kind = hit.checked_sub(1).and_then(|hit| LIMIT_KINDS.get(hit));
        Ok(match kind {
            Some(kind) => Err(LimitHit {
                kind: *kind,
                wait: Duration::from_millis(wait),
            }),
            None if is_renewed == 1 => Ok(renews),
            None => Ok(claim.id),
        })
    }

    /// Confirms that a recording's session began, if there is such a recording. Retried later if
    /// Redis is unavailable.
    pub(super) async fn begin(self: &Arc<Self>, recording: RecordingId) -> Confirmed {
        match self.send_begun(recording).await {
            Ok(confirmed) => confirmed,
            Err(error) => {
                self.retry_later(Update::Begun(recording), &error);
                Confirmed::Unknown
            }
        }
    }

    /// Ends a recording, if it exists. Retried later if Redis is unavailable.
    pub(super) async fn end(self: &Arc<Self>, recording: RecordingId) {
        if let Err(error) = self.send_ended(recording).await {
            self.retry_later(Update::Ended(recording), &error);
        }
    }

    /// Undoes a claim whose token was not handed out: ends the recording that it opened, or refunds
    /// the renewal. Retried later if Redis is unavailable.
    pub(super) async fn cancel(self: &Arc<Self>, claim: Claim, reason: EndReason) {
        if let Err(error) = self.send_end(claim, reason).await {
            self.retry_later(Update::Cancelled(claim, reason), &error);
        }
    }

    /// Ends a sign-in for all replicas. Retried later if Redis is unavailable.
    pub(super) async fn sign_out(self: &Arc<Self>, sign_in: SignInId) {
        if let Err(error) = self.send_signed_out(sign_in).await {
            self.retry_later(Update::SignedOut(sign_in), &error);
        }
    }

    /// Returns `true` if any replica ended this sign-in; `false` if Redis is unavailable or fails.
    pub(super) async fn is_signed_out(&self, sign_in: SignInId) -> bool {
        let mut call = self.scripts.is_signed_out.prepare_invoke();
        call.key(key("signed_out", &sign_in));
        let found: Result<u8, NotCounted> = self.connection.invoke(&call).await;
        found.is_ok_and(|found| found > 0)
    }

    async fn send_signed_out(&self, sign_in: SignInId) -> Result<(), NotCounted> {
        // Redis rejects an expiry of zero.
        let time_left = sign_in.time_left(SystemTime::now());
        let expiry = time_left.max(Duration::from_secs(1));
        let mut call = self.scripts.sign_out.prepare_invoke();
        call.key(key("signed_out", &sign_in)).arg(millis(expiry));
        self.connection.invoke(&call).await
    }

    async fn send_begun(&self, recording: RecordingId) -> Result<Confirmed, NotCounted> {
        let [.., person, all] = self.maxima;
        let id = recording.to_string();
        let mut call = self.scripts.begin.prepare_invoke();
        call.key(key("lease", &id))
            .key(key("recordings", &"all"))
            .arg(id)
            .arg(person)
            .arg(all);
        let confirmed: u8 = self.connection.invoke(&call).await?;
        Ok(match confirmed {
            0 => Confirmed::Unknown,
            1 => Confirmed::First,
            _ => Confirmed::Again,
        })
    }

    async fn send_ended(&self, recording: RecordingId) -> Result<(), NotCounted> {
        let claim = Claim {
            id: recording,
            renews: None,
        };
        self.send_end(claim, EndReason::Ended).await
    }

    async fn send_end(&self, claim: Claim, reason: EndReason) -> Result<(), NotCounted> {
        let [_, person_day, _, all_day, person_seconds, all_seconds, ..] = self.maxima;
        let id = claim.id.to_string();
        let mut call = self.scripts.end.prepare_invoke();
        call.key(key("lease", &id))
            .key(key("recordings", &"all"))
            .key(key("all_day", &"all"))
            .key(key("all_hours", &"all"))
            .key(key("lease", &claim.renews.unwrap_or(claim.id)))
            .key(key("session", &id))
            .arg(id)
            .arg(match reason {
                EndReason::Ended => "ended",
                EndReason::Abandoned => "abandoned",
                EndReason::Failed => "failed",
            })
            .arg(person_day)
            .arg(all_day)
            .arg(person_seconds)
            .arg(all_seconds)
            .arg(self.charge.minimum_seconds)
            .arg(millis(self.times.unconfirmed));
        self.connection.invoke(&call).await
    }

    /// Queues an update until Redis is available again. An update that Redis answered with an error
    /// is only logged, because a retry would fail too.
    fn retry_later(self: &Arc<Self>, update: Update, error: &NotCounted) {
        if let NotCounted::Failed(_) = error {
            if let Update::SignedOut(_) = update {
                tracing::warn!(cause = %error, "a sign-out was not shared with other replicas");
            } else {
                tracing::warn!(cause = %error, "a recording's begin or end was not counted");
            }
        } else if self.queue.push(update) {
            tokio::spawn(send_queued(Arc::downgrade(self)));
        }
    }
}

/// Sends the queued updates once Redis is available. Ends when the queue is empty.
async fn send_queued(redis: Weak<RedisLimits>) {
    let Some(mut is_up) = redis.upgrade().map(|redis| redis.connection.watch()) else {
        return;
    };
    // Fails when the limits are dropped.
    while is_up.wait_for(|is_up| *is_up).await.is_ok() {
        let Some(redis) = redis.upgrade() else {
            return;
        };
        let Some(update) = redis.queue.peek() else {
            return;
        };
        let sent = match update {
            Update::Begun(recording) => redis.send_begun(recording).await.map(|_| ()),
            Update::Ended(recording) => redis.send_ended(recording).await,
            Update::Cancelled(claim, reason) => redis.send_end(claim, reason).await,
            Update::SignedOut(sign_in) => redis.send_signed_out(sign_in).await,
        };
        if sent != Err(NotCounted::Unavailable) {
            redis.queue.pop();
        }
    }
}

impl fmt::Display for Source {
    /// Formats the source as the end of a Redis key, in a form that an operator can find.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) => write!(f, "person:{name}"),
            Self::Address(address) => write!(f, "address:{address}"),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// In the order of the keys of `take.lua`.
const LIMIT_KINDS: [LimitKind; 8] = [
    LimitKind::PersonMinute,
    LimitKind::PersonDay,
    LimitKind::AllMinute,
    LimitKind::AllDay,
    LimitKind::PersonHours,
    LimitKind::AllHours,
    LimitKind::PersonRecordings,
    LimitKind::AllRecordings,
];
