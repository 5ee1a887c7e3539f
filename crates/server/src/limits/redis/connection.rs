//! The connection to a Redis that may be unavailable at times.
//!
//! `ConnectionManager` of the redis crate makes callers wait while it connects, reconnects only on
//! a call, and keeps a connection that no longer responds (redis 1.8: a timeout causes no
//! reconnect).

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
use crate::config::{RedisUrl, WhenRedisIsAway};

/// A connection to Redis that reconnects in the background.
///
/// While Redis is unavailable, one task reconnects, and calls fail at once.
pub(super) struct RedisConnection {
    client: Client,
    when_away: WhenRedisIsAway,
    state: Mutex<State>,
    is_up: watch::Sender<bool>,
    /// Held during the first attempt to connect.
    first_attempt: tokio::sync::Mutex<()>,
}

enum State {
    Untried,
    Up {
        connection: MultiplexedConnection,
        /// Distinguishes a failure of this connection from a late failure of the previous one.
        number: u64,
    },
    Unavailable {
        /// The number of the last connection.
        number: u64,
    },
}

impl RedisConnection {
    /// Creates the connection. Does not connect yet.
    pub(super) fn new(url: &RedisUrl, when_away: WhenRedisIsAway) -> Result<Arc<Self>, RedisError> {
        Ok(Arc::new(Self {
            client: Client::open(url.as_str())?,
            when_away,
            state: Mutex::new(State::Untried),
            is_up: watch::Sender::new(false),
            first_attempt: tokio::sync::Mutex::new(()),
        }))
    }

    /// Connects for the first time, so that the log reports problems at start.
    pub(super) async fn connect(self: &Arc<Self>) {
        if self.connection().await.is_ok() {
            tracing::info!(redis = %self.address(), "limits are shared through Redis");
        }
    }

    /// Returns `true` if Redis was unavailable at the last use.
    pub(super) fn is_unavailable(&self) -> bool {
        matches!(*self.lock(), State::Unavailable { .. })
    }

    /// Watches whether Redis is available. The channel closes when `self` is dropped.
    pub(super) fn watch(&self) -> watch::Receiver<bool> {
        self.is_up.subscribe()
    }

    /// Runs a script.
    ///
    /// # Errors
    ///
    /// Returns [`NotCounted::Unavailable`] if Redis is unavailable, and [`NotCounted::Failed`] if
    /// only this script failed.
    pub(super) async fn invoke<T: FromRedisValue>(
        self: &Arc<Self>,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, NotCounted> {
        let (mut connection, number) = self.connection().await?;
        let cause = match timeout(CALL_TIMEOUT, call.invoke_async(&mut connection)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if is_of_connection(&error) => error.to_string(),
            // Either this key has a value of the wrong type, or Redis refuses all writes, for
            // example because its memory is full. The probe distinguishes the two.
            Ok(Err(error)) => match timeout(CALL_TIMEOUT, probe(&mut connection)).await {
                Ok(Ok(())) => return Err(NotCounted::Failed(error.to_string())),
                Ok(Err(error)) => error.to_string(),
                Err(_) => TIMED_OUT.to_owned(),
            },
            Err(_) => TIMED_OUT.to_owned(),
        };
        self.on_lost(number, &cause);
        Err(NotCounted::Unavailable)
    }

    /// Returns a connection and its number. Connects if this is the first use.
    async fn connection(self: &Arc<Self>) -> Result<(MultiplexedConnection, u64), NotCounted> {
        if let Some(current) = self.current() {
            return current;
        }
        let _guard = self.first_attempt.lock().await;
        // Another task may have connected while this one waited for the lock.
        if let Some(current) = self.current() {
            return current;
        }
        match self.dial().await {
            Ok(connection) => Ok((self.on_connected(connection), 0)),
            Err(cause) => {
                self.on_lost(0, &cause);
                Err(NotCounted::Unavailable)
            }
        }
    }

    /// Returns the current connection, or `None` before the first attempt to connect.
    fn current(&self) -> Option<Result<(MultiplexedConnection, u64), NotCounted>> {
        match &*self.lock() {
            State::Untried => None,
            State::Up { connection, number } => Some(Ok((connection.clone(), *number))),
            State::Unavailable { .. } => Some(Err(NotCounted::Unavailable)),
        }
    }

    /// Connects, and checks that Redis accepts writes.
    async fn dial(&self) -> Result<MultiplexedConnection, String> {
        // `CALL_TIMEOUT` covers all of it, instead of the client's own timeouts for each step.
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
            Err(_) => Err(TIMED_OUT.to_owned()),
        }
    }

    fn on_connected(&self, connection: MultiplexedConnection) -> MultiplexedConnection {
        let mut state = self.lock();
        let number = match *state {
            State::Untried => 0,
            State::Up { number, .. } | State::Unavailable { number } => number + 1,
        };
        *state = State::Up {
            connection: connection.clone(),
            number,
        };
        self.is_up.send_replace(true);
        connection
    }

    /// Logs that connection `failed` is lost, and starts to reconnect. Does nothing if a failure of
    /// this connection was handled before.
    fn on_lost(self: &Arc<Self>, failed: u64, cause: &str) {
        {
            let mut state = self.lock();
            match *state {
                State::Untried => {}
                State::Up { number, .. } if number == failed => {}
                State::Up { .. } | State::Unavailable { .. } => return,
            }
            *state = State::Unavailable { number: failed };
            self.is_up.send_replace(false);
        }
        let redis = self.address();
        match self.when_away {
            WhenRedisIsAway::Closed => tracing::error!(
                %redis, cause,
                "Redis is unavailable: no tokens are handed out until it is back"
            ),
            WhenRedisIsAway::Open => tracing::error!(
                %redis, cause,
                "Redis is unavailable: each replica counts for itself until it is back"
            ),
        }
        tokio::spawn(reconnect(Arc::downgrade(self)));
    }

    /// The address, without credentials.
    fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Retries until Redis is available, or the [`RedisConnection`] is dropped.
async fn reconnect(redis: Weak<RedisConnection>) {
    loop {
        sleep(RETRY_INTERVAL).await;
        let Some(redis) = redis.upgrade() else {
            return;
        };
        if let Ok(connection) = redis.dial().await {
            redis.on_connected(connection);
            tracing::warn!(redis = %redis.address(), "Redis is back: limits are shared again");
            return;
        }
    }
}

/// Writes a key that is used for nothing else.
async fn probe(connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
    let mut probe = redis::cmd("SET");
    probe.arg(key("probe", &"all")).arg(1).arg("PX").arg(1000);
    probe.exec_async(connection).await
}

/// Returns `true` if the connection itself failed, and not only the last call.
fn is_of_connection(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_unrecoverable_error()
}

/// Returns the name of a key. The hash tag in braces puts all keys into one slot of a cluster,
/// because a script can use only keys of one slot.
pub(super) fn key(kind: &str, id: &dyn fmt::Display) -> String {
    format!("{{inturn}}:{kind}:{id}")
}

/// A Redis in the same network responds within a millisecond, a busy one within several. The page
/// waits ten seconds for its token, of which the service may need eight.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// Between two attempts to reconnect: short for users, and cheap for the server.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

const TIMED_OUT: &str = "it did not answer in time";
