//! The limits of all replicas together, in a Redis.

mod later;
mod link;

use std::{
    fmt,
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

use redis::{RedisError, Script};

use self::{
    later::{Later, Word},
    link::{Link, key},
};
use super::{
    claim::{Charge, Claim, Lasts, Over, RECORDING_WAIT},
    leases::Confirmed,
    recording_id::RecordingId,
    refused::{LimitHit, NotCounted, Which},
    sign_outs::SignInId,
    source::Source,
};
use crate::config::{LimitsConfig, RedisUrl};

/// Counts in a Redis, as long as there is one.
pub(super) struct Shared {
    link: Arc<Link>,
    scripts: Scripts,
    /// As many as each of the keys of `take.lua` may have.
    at_most: [u32; 8],
    charge: Charge,
    lasts: Lasts,
    later: Later,
}

struct Scripts {
    take: Script,
    begin: Script,
    end: Script,
    sign_out: Script,
    is_signed_out: Script,
}

impl Shared {
    /// Makes no call.
    pub(super) fn new(
        url: &RedisUrl,
        config: &LimitsConfig,
        charge: Charge,
        lasts: Lasts,
    ) -> Result<Arc<Self>, RedisError> {
        let [person_seconds, all_seconds] = config.seconds_per_day();
        Ok(Arc::new(Self {
            link: Link::new(url, config.limits_when_redis_is_away)?,
            scripts: Scripts {
                take: Script::new(include_str!("redis/take.lua")),
                begin: Script::new(include_str!("redis/begin.lua")),
                end: Script::new(include_str!("redis/end.lua")),
                sign_out: Script::new("redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])"),
                is_signed_out: Script::new("return redis.call('EXISTS', KEYS[1])"),
            },
            at_most: [
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
            lasts,
            later: Later::default(),
        }))
    }

    /// Tries for the first time, so that the log says early what is wrong.
    pub(super) async fn connect(&self) {
        self.link.connect().await;
    }

    /// Whether it was away when somebody needed it last.
    pub(super) fn is_away(&self) -> bool {
        self.link.is_away()
    }

    /// Counts one token, and one recording unless the claim renews one of theirs; or nothing at all.
    /// Returns the recording that counts.
    pub(super) async fn take(
        &self,
        source: &Source,
        claim: Claim,
    ) -> Result<Result<RecordingId, LimitHit>, NotCounted> {
        let name = claim.id.to_string();
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
            key("lease", &name),
            key("lease", &renews),
            key("session", &name),
        ] {
            call.key(key);
        }
        for count in self.at_most {
            call.arg(count);
        }
        call.arg(self.charge.cap_seconds.get())
            .arg(millis(self.lasts.unconfirmed))
            .arg(millis(self.lasts.confirmed()))
            .arg(name)
            .arg(millis(RECORDING_WAIT))
            .arg(renews.to_string())
            .arg(self.charge.minimum_seconds);
        let (hit, wait, is_renewed): (usize, u64, u8) = self.link.invoke(&call).await?;
        let which = hit.checked_sub(1).and_then(|hit| KEYS.get(hit));
        Ok(match which {
            Some(which) => Err(LimitHit {
                which: *which,
                wait: Duration::from_millis(wait),
            }),
            None if is_renewed == 1 => Ok(renews),
            None => Ok(claim.id),
        })
    }

    /// A recording's session began, if it is a recording. Said later if Redis is away.
    pub(super) async fn begin(self: &Arc<Self>, recording: RecordingId) -> Confirmed {
        match self.say_begun(recording).await {
            Ok(confirmed) => confirmed,
            Err(error) => {
                self.not_said(Word::Begun(recording), &error);
                Confirmed::Unknown
            }
        }
    }

    /// Ends a recording, if it is one. Said later if Redis is away.
    pub(super) async fn end(self: &Arc<Self>, recording: RecordingId) {
        if let Err(error) = self.say_ended(recording).await {
            self.not_said(Word::Ended(recording), &error);
        }
    }

    /// Nobody got the token of a claim: ends the recording that it opened, or takes back what it counted for
    /// the recording that it renewed. Said later if Redis is away.
    pub(super) async fn take_back(self: &Arc<Self>, claim: Claim, over: Over) {
        if let Err(error) = self.say_over(claim, over).await {
            self.not_said(Word::TakenBack(claim, over), &error);
        }
    }

    /// Ends a sign-in for all replicas. Said later if Redis is away.
    pub(super) async fn sign_out(self: &Arc<Self>, sign_in: SignInId) {
        if let Err(error) = self.say_signed_out(sign_in).await {
            self.not_said(Word::SignedOut(sign_in), &error);
        }
    }

    /// Whether any replica ended a sign-in. `false` if Redis can't tell.
    pub(super) async fn is_signed_out(&self, sign_in: SignInId) -> bool {
        let mut call = self.scripts.is_signed_out.prepare_invoke();
        call.key(key("signed_out", &sign_in));
        let found: Result<u8, NotCounted> = self.link.invoke(&call).await;
        found.is_ok_and(|found| found > 0)
    }

    async fn say_signed_out(&self, sign_in: SignInId) -> Result<(), NotCounted> {
        // Redis refuses to keep anything for no time at all.
        let left = sign_in.left(SystemTime::now()).max(Duration::from_secs(1));
        let mut call = self.scripts.sign_out.prepare_invoke();
        call.key(key("signed_out", &sign_in)).arg(millis(left));
        self.link.invoke(&call).await
    }

    async fn say_begun(&self, recording: RecordingId) -> Result<Confirmed, NotCounted> {
        let [.., person, all] = self.at_most;
        let name = recording.to_string();
        let mut call = self.scripts.begin.prepare_invoke();
        call.key(key("lease", &name))
            .key(key("recordings", &"all"))
            .arg(name)
            .arg(person)
            .arg(all);
        let confirmed: u8 = self.link.invoke(&call).await?;
        Ok(match confirmed {
            0 => Confirmed::Unknown,
            1 => Confirmed::First,
            _ => Confirmed::Again,
        })
    }

    async fn say_ended(&self, recording: RecordingId) -> Result<(), NotCounted> {
        let claim = Claim {
            id: recording,
            renews: None,
        };
        self.say_over(claim, Over::Ended).await
    }

    async fn say_over(&self, claim: Claim, over: Over) -> Result<(), NotCounted> {
        let [_, person_day, _, all_day, person_seconds, all_seconds, ..] = self.at_most;
        let name = claim.id.to_string();
        let mut call = self.scripts.end.prepare_invoke();
        call.key(key("lease", &name))
            .key(key("recordings", &"all"))
            .key(key("all_day", &"all"))
            .key(key("all_hours", &"all"))
            .key(key("lease", &claim.renews.unwrap_or(claim.id)))
            .key(key("session", &name))
            .arg(name)
            .arg(match over {
                Over::Ended => "ended",
                Over::Abandoned => "abandoned",
                Over::Failed => "failed",
            })
            .arg(person_day)
            .arg(all_day)
            .arg(person_seconds)
            .arg(all_seconds)
            .arg(self.charge.minimum_seconds)
            .arg(millis(self.lasts.unconfirmed));
        self.link.invoke(&call).await
    }

    /// Has a word said when Redis is back. What Redis refused it would refuse again.
    fn not_said(self: &Arc<Self>, word: Word, error: &NotCounted) {
        if let NotCounted::Failed(_) = error {
            if let Word::SignedOut(_) = word {
                tracing::warn!(cause = %error, "a sign-out was not shared with other replicas");
            } else {
                tracing::warn!(cause = %error, "a recording's begin or end was not counted");
            }
        } else if self.later.keep(word) {
            tokio::spawn(say_later(Arc::downgrade(self)));
        }
    }
}

/// Says what waits for Redis, once it is back, until there is no more.
async fn say_later(shared: Weak<Shared>) {
    let Some(mut is_up) = shared.upgrade().map(|shared| shared.link.watch()) else {
        return;
    };
    // Fails when nobody is left who counts.
    while is_up.wait_for(|is_up| *is_up).await.is_ok() {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let Some(word) = shared.later.next() else {
            return;
        };
        let said = match word {
            Word::Begun(recording) => shared.say_begun(recording).await.map(|_| ()),
            Word::Ended(recording) => shared.say_ended(recording).await,
            Word::TakenBack(claim, over) => shared.say_over(claim, over).await,
            Word::SignedOut(sign_in) => shared.say_signed_out(sign_in).await,
        };
        if said != Err(NotCounted::Away) {
            shared.later.said();
        }
    }
}

impl fmt::Display for Source {
    /// As a key's end, by which an operator finds it.
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
const KEYS: [Which; 8] = [
    Which::PersonMinute,
    Which::PersonDay,
    Which::AllMinute,
    Which::AllDay,
    Which::PersonHours,
    Which::AllHours,
    Which::PersonRecordings,
    Which::AllRecordings,
];
