//! The limits of all replicas together, in a Redis.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, RedisError, Script, ScriptInvocation,
    aio::MultiplexedConnection,
};
use tokio::time::{sleep, timeout};

use super::{LimitHit, RECORDING_WAIT, RecordingId, Source, Which};
use crate::config::{LimitsConfig, RedisUrl, WhenAway};

/// Counts in a Redis, as long as there is one.
///
/// While it is away nobody waits for it: one task looks for it, and everybody else is told so at once.
pub(super) struct Shared {
    client: Client,
    scripts: Scripts,
    /// As many as each of the keys of `take.lua` may have.
    at_most: [u32; 6],
    lasts: Duration,
    when_away: WhenAway,
    link: Mutex<Link>,
    /// Held by whoever tries for the first time.
    first: tokio::sync::Mutex<()>,
}

struct Scripts {
    take: Script,
    end: Script,
    give_back: Script,
}

enum Link {
    Untried,
    Up {
        connection: MultiplexedConnection,
        /// Tells the failure of this one from that of the one before.
        number: u64,
    },
    Away {
        /// The number of the last one.
        number: u64,
    },
}

/// Nothing can be counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct IsAway;

impl Shared {
    /// Makes no call.
    pub(super) fn new(
        url: &RedisUrl,
        config: &LimitsConfig,
        lasts: Duration,
    ) -> Result<Arc<Self>, RedisError> {
        Ok(Arc::new(Self {
            client: Client::open(url.as_str())?,
            scripts: Scripts {
                take: Script::new(include_str!("redis/take.lua")),
                end: Script::new(include_str!("redis/end.lua")),
                give_back: Script::new(include_str!("redis/give_back.lua")),
            },
            at_most: [
                config.person_tokens_per_minute,
                config.person_tokens_per_day,
                config.all_tokens_per_minute,
                config.all_tokens_per_day,
                config.person_recordings_at_once,
                config.all_recordings_at_once,
            ],
            lasts,
            when_away: config.limits_when_redis_is_away,
            link: Mutex::new(Link::Untried),
            first: tokio::sync::Mutex::new(()),
        }))
    }

    /// Tries for the first time, so that the log says early what is wrong.
    pub(super) async fn connect(self: &Arc<Self>) {
        if self.connection().await.is_ok() {
            tracing::info!(redis = %self.place(), "limits are shared through Redis");
        }
    }

    /// Whether it was away when somebody needed it last.
    pub(super) fn is_away(&self) -> bool {
        matches!(*self.lock(), Link::Away { .. })
    }

    /// Counts one token, and one recording if it has a name, or nothing at all.
    pub(super) async fn take(
        self: &Arc<Self>,
        source: &Source,
        recording: Option<RecordingId>,
    ) -> Result<Result<(), LimitHit>, IsAway> {
        let name = recording.map(|id| id.to_string()).unwrap_or_default();
        let mut call = self.scripts.take.prepare_invoke();
        for key in [
            key("person_minute", source),
            key("person_day", source),
            key("all_minute", &"all"),
            key("all_day", &"all"),
            key("recordings", source),
            key("recordings", &"all"),
            key("recording", &name),
        ] {
            call.key(key);
        }
        for count in self.at_most {
            call.arg(count);
        }
        call.arg(millis(self.lasts)).arg(name);
        call.arg(millis(RECORDING_WAIT));
        let (hit, wait): (usize, u64) = self.invoke(&call).await?;
        let which = hit.checked_sub(1).and_then(|hit| KEYS.get(hit));
        Ok(which.map_or(Ok(()), |which| {
            Err(LimitHit {
                which: *which,
                wait: Duration::from_millis(wait),
            })
        }))
    }

    /// Ends a recording, if it is one.
    pub(super) async fn end(self: &Arc<Self>, recording: RecordingId) -> Result<(), IsAway> {
        let name = recording.to_string();
        let mut call = self.scripts.end.prepare_invoke();
        call.key(key("recording", &name))
            .key(key("recordings", &"all"))
            .arg(name);
        self.invoke(&call).await
    }

    /// Takes back one token of the day.
    pub(super) async fn give_back_day(self: &Arc<Self>, source: &Source) -> Result<(), IsAway> {
        let [_, person, _, all, ..] = self.at_most;
        let mut call = self.scripts.give_back.prepare_invoke();
        call.key(key("person_day", source))
            .key(key("all_day", &"all"))
            .arg(person)
            .arg(all);
        self.invoke(&call).await
    }

    async fn invoke<T: FromRedisValue>(
        self: &Arc<Self>,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, IsAway> {
        let (mut connection, number) = self.connection().await?;
        let cause = match timeout(CALL_TIMEOUT, call.invoke_async(&mut connection)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => SILENT.to_owned(),
        };
        self.lost(number, &cause);
        Err(IsAway)
    }

    /// A connection, and its number.
    async fn connection(self: &Arc<Self>) -> Result<(MultiplexedConnection, u64), IsAway> {
        if let Some(known) = self.known() {
            return known;
        }
        let _first = self.first.lock().await;
        // Somebody else may have been the first.
        if let Some(known) = self.known() {
            return known;
        }
        match self.dial().await {
            Ok(connection) => Ok((self.found(connection), 0)),
            Err(cause) => {
                self.lost(0, &cause);
                Err(IsAway)
            }
        }
    }

    /// Nothing if nobody has tried yet.
    fn known(&self) -> Option<Result<(MultiplexedConnection, u64), IsAway>> {
        match &*self.lock() {
            Link::Untried => None,
            Link::Up { connection, number } => Some(Ok((connection.clone(), *number))),
            Link::Away { .. } => Some(Err(IsAway)),
        }
    }

    /// Connects, and sees that something can be written.
    async fn dial(&self) -> Result<MultiplexedConnection, String> {
        // One time for all of it, which is ours.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let dialled = async {
            let client = &self.client;
            let mut connection = client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            let mut probe = redis::cmd("SET");
            probe.arg(key("probe", &"all")).arg(1).arg("PX").arg(1000);
            probe.exec_async(&mut connection).await?;
            Ok::<_, RedisError>(connection)
        };
        match timeout(CALL_TIMEOUT, dialled).await {
            Ok(dialled) => dialled.map_err(|error| error.to_string()),
            Err(_) => Err(SILENT.to_owned()),
        }
    }

    fn found(&self, connection: MultiplexedConnection) -> MultiplexedConnection {
        let mut link = self.lock();
        let number = match *link {
            Link::Untried => 0,
            Link::Up { number, .. } | Link::Away { number } => number + 1,
        };
        *link = Link::Up {
            connection: connection.clone(),
            number,
        };
        connection
    }

    /// Says so once, and has it looked for.
    fn lost(self: &Arc<Self>, failed: u64, cause: &str) {
        {
            let mut link = self.lock();
            match *link {
                Link::Untried => {}
                Link::Up { number, .. } if number == failed => {}
                Link::Up { .. } | Link::Away { .. } => return,
            }
            *link = Link::Away { number: failed };
        }
        let redis = self.place();
        match self.when_away {
            WhenAway::Closed => tracing::error!(
                %redis, cause,
                "Redis is away: nobody gets a token until it is back"
            ),
            WhenAway::Open => tracing::error!(
                %redis, cause,
                "Redis is away: each replica counts for itself until it is back"
            ),
        }
        tokio::spawn(look_for(Arc::downgrade(self)));
    }

    /// Where it is, without what one needs to get in.
    fn place(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    fn lock(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries until there is one again, or nobody left who wants it.
async fn look_for(shared: Weak<Shared>) {
    loop {
        sleep(PAUSE).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if let Ok(connection) = shared.dial().await {
            shared.found(connection);
            tracing::warn!(redis = %shared.place(), "Redis is back: limits are shared again");
            return;
        }
    }
}

/// All keys lie in one slot of a cluster, by what stands in braces: a script may touch no two.
fn key(kind: &str, of: &dyn fmt::Display) -> String {
    format!("{{inturn}}:{kind}:{of}")
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
const KEYS: [Which; 6] = [
    Which::PersonMinute,
    Which::PersonDay,
    Which::AllMinute,
    Which::AllDay,
    Which::PersonRecordings,
    Which::AllRecordings,
];

/// A Redis beside the server answers within a millisecond, a busy one within some. The page waits ten
/// seconds for all of it, and the service may take eight of them.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// Between two looks for one that is away: soon enough for people, and nothing to it.
const PAUSE: Duration = Duration::from_millis(500);

const SILENT: &str = "it did not answer in time";
