//! The connection to a Redis that comes and goes.
//!
//! The client's `ConnectionManager` lets callers wait while it connects, tries again only when somebody
//! calls, and keeps a connection that has gone silent (redis 1.8: a timeout does not make it reconnect).

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, RedisError, ScriptInvocation,
    aio::MultiplexedConnection,
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::super::refused::NotCounted;
use crate::config::{RedisUrl, WhenAway};

/// A Redis, as long as there is one.
///
/// While it is away nobody waits for it: one task looks for it, and everybody else is told so at once.
pub(super) struct Link {
    client: Client,
    when_away: WhenAway,
    state: Mutex<State>,
    is_up: watch::Sender<bool>,
    /// Held by whoever tries for the first time.
    first: tokio::sync::Mutex<()>,
}

enum State {
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

impl Link {
    /// Makes no call.
    pub(super) fn new(url: &RedisUrl, when_away: WhenAway) -> Result<Arc<Self>, RedisError> {
        Ok(Arc::new(Self {
            client: Client::open(url.as_str())?,
            when_away,
            state: Mutex::new(State::Untried),
            is_up: watch::Sender::new(false),
            first: tokio::sync::Mutex::new(()),
        }))
    }

    /// Tries for the first time, so that the log says early what is wrong.
    pub(super) async fn connect(self: &Arc<Self>) {
        if self.connection().await.is_ok() {
            tracing::info!(redis = %self.address(), "limits are shared through Redis");
        }
    }

    /// Whether it was away when somebody needed it last.
    pub(super) fn is_away(&self) -> bool {
        matches!(*self.lock(), State::Away { .. })
    }

    /// Whether it is there, from now on; ends with this.
    pub(super) fn watch(&self) -> watch::Receiver<bool> {
        self.is_up.subscribe()
    }

    /// Runs a script.
    ///
    /// # Errors
    ///
    /// [`NotCounted::Away`] if there is no Redis to be had, [`NotCounted::Failed`] if this script alone
    /// failed.
    pub(super) async fn invoke<T: FromRedisValue>(
        self: &Arc<Self>,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, NotCounted> {
        let (mut connection, number) = self.connection().await?;
        let cause = match timeout(CALL_TIMEOUT, call.invoke_async(&mut connection)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if is_of_connection(&error) => error.to_string(),
            // A value of the wrong kind under one key, say; or this Redis takes nothing from anybody, as
            // when its memory is full. The probe tells which.
            Ok(Err(error)) => match timeout(CALL_TIMEOUT, probe(&mut connection)).await {
                Ok(Ok(())) => return Err(NotCounted::Failed(error.to_string())),
                Ok(Err(error)) => error.to_string(),
                Err(_) => SILENT.to_owned(),
            },
            Err(_) => SILENT.to_owned(),
        };
        self.lost(number, &cause);
        Err(NotCounted::Away)
    }

    /// A connection, and its number.
    async fn connection(self: &Arc<Self>) -> Result<(MultiplexedConnection, u64), NotCounted> {
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
                Err(NotCounted::Away)
            }
        }
    }

    /// Returns `None` if nobody has tried yet.
    fn known(&self) -> Option<Result<(MultiplexedConnection, u64), NotCounted>> {
        match &*self.lock() {
            State::Untried => None,
            State::Up { connection, number } => Some(Ok((connection.clone(), *number))),
            State::Away { .. } => Some(Err(NotCounted::Away)),
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
            probe(&mut connection).await?;
            Ok::<_, RedisError>(connection)
        };
        match timeout(CALL_TIMEOUT, dialled).await {
            Ok(dialled) => dialled.map_err(|error| error.to_string()),
            Err(_) => Err(SILENT.to_owned()),
        }
    }

    fn found(&self, connection: MultiplexedConnection) -> MultiplexedConnection {
        let mut state = self.lock();
        let number = match *state {
            State::Untried => 0,
            State::Up { number, .. } | State::Away { number } => number + 1,
        };
        *state = State::Up {
            connection: connection.clone(),
            number,
        };
        self.is_up.send_replace(true);
        connection
    }

    /// Logs it once, and starts to look for it.
    fn lost(self: &Arc<Self>, failed: u64, cause: &str) {
        {
            let mut state = self.lock();
            match *state {
                State::Untried => {}
                State::Up { number, .. } if number == failed => {}
                State::Up { .. } | State::Away { .. } => return,
            }
            *state = State::Away { number: failed };
            self.is_up.send_replace(false);
        }
        let redis = self.address();
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

    /// The address, without credentials.
    fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries until there is one again, or nobody left who wants it.
async fn look_for(link: Weak<Link>) {
    loop {
        sleep(PAUSE).await;
        let Some(link) = link.upgrade() else {
            return;
        };
        if let Ok(connection) = link.dial().await {
            link.found(connection);
            tracing::warn!(redis = %link.address(), "Redis is back: limits are shared again");
            return;
        }
    }
}

/// Writes something that concerns nobody.
async fn probe(connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
    let mut probe = redis::cmd("SET");
    probe.arg(key("probe", &"all")).arg(1).arg("PX").arg(1000);
    probe.exec_async(connection).await
}

/// Whether the connection is of no use any more, and not only its last answer.
fn is_of_connection(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_unrecoverable_error()
}

/// All keys lie in one slot of a cluster, by what stands in braces: a script may touch no two.
pub(super) fn key(kind: &str, of: &dyn fmt::Display) -> String {
    format!("{{inturn}}:{kind}:{of}")
}

/// A Redis beside the server answers within a millisecond, a busy one within some. The page waits ten
/// seconds for all of it, and the service may take eight of them.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// Between two looks for one that is away: soon enough for people, and nothing to it.
const PAUSE: Duration = Duration::from_millis(500);

const SILENT: &str = "it did not answer in time";
