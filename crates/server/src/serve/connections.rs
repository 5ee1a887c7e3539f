//! All connections of one listener: how many there are, and which of them is waiting for its client.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::ServeOptions;
use crate::metrics::{ConnectionCounts, Cut};

/// The connections, of which there are never more than so many.
#[derive(Clone)]
pub(super) struct Connections(Arc<Inner>);

struct Inner {
    max: usize,
    header_timeout: Duration,
    idle_timeout: Duration,
    start: Instant,
    counts: ConnectionCounts,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next_id: u64,
    by_id: HashMap<u64, Arc<Connection>>,
}

impl Connections {
    pub(super) fn new(options: &ServeOptions) -> Self {
        Self(Arc::new(Inner {
            max: options.max_connections,
            header_timeout: options.header_timeout,
            idle_timeout: options.idle_timeout,
            start: Instant::now(),
            counts: options.counts.clone(),
            open: Mutex::default(),
        }))
    }

    /// A place for one more. Where all are taken, the connection that has waited longest for its client
    /// loses its own; nothing if none waits.
    pub(super) fn place(&self) -> Option<Place> {
        let mut open = self.open();
        if open.by_id.len() >= self.0.max && !self.displace(&mut open) {
            return None;
        }
        let id = open.next_id;
        open.next_id += 1;
        let connection = Arc::new(Connection {
            state: AtomicU64::new(pack(HEAD, self.now())),
            closed: Notify::new(),
        });
        open.by_id.insert(id, Arc::clone(&connection));
        self.count(&open);
        Some(Place {
            id,
            connection,
            connections: self.clone(),
        })
    }

    /// Closes the connection that has waited longest for its client, if one waits.
    pub(super) fn close_longest_waiting(&self) -> bool {
        self.displace(&mut self.open())
    }

    fn displace(&self, open: &mut Open) -> bool {
        let closed = open.close_longest_waiting();
        if closed {
            self.0.counts.cut(Cut::Displaced);
            self.count(open);
        }
        closed
    }

    fn count(&self, open: &Open) {
        let count = i64::try_from(open.by_id.len()).unwrap_or(i64::MAX);
        self.0.counts.open.set(count);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // Nothing panics while it holds this.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Microseconds since the listener's start.
    fn now(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Open {
    fn close_longest_waiting(&mut self) -> bool {
        loop {
            let waiting = self.by_id.iter().filter_map(|(id, connection)| {
                let since = connection.waits_since()?;
                Some((since, *id))
            });
            let Some((_, id)) = waiting.min() else {
                return false;
            };
            // Its request may have come this very moment; then another one is looked for.
            let closed = self
                .by_id
                .get(&id)
                .is_some_and(|connection| connection.close_if_waiting());
            if closed {
                self.by_id.remove(&id);
                return true;
            }
        }
    }
}

/// One connection's place among all; dropped, it is free.
pub(super) struct Place {
    id: u64,
    connection: Arc<Connection>,
    connections: Connections,
}

impl Place {
    /// Bytes have come: if none were there before, a request's head has begun.
    pub(super) fn note_bytes(&self) {
        let state = self.connection.state.load(Ordering::Acquire);
        if unpack(state).0 == IDLE {
            self.connection
                .turn(state, pack(HEAD, self.connections.now()));
        }
    }

    /// Whether the client has begun to ask, or has just come.
    pub(super) fn has_begun(&self) -> bool {
        unpack(self.connection.state.load(Ordering::Acquire)).0 == HEAD
    }

    /// The moment by which the client must have done its part, or before which it need not, since it is
    /// our turn; nothing where the client has a socket.
    pub(super) fn check_at(&self) -> Option<Instant> {
        let inner = &self.connections.0;
        let since = |micros| inner.start + Duration::from_micros(micros);
        match unpack(self.connection.state.load(Ordering::Acquire)) {
            (IDLE, micros) => Some(since(micros) + inner.idle_timeout),
            (HEAD, micros) => Some(since(micros) + inner.header_timeout),
            (BUSY, SOCKET) | (CLOSED, _) => None,
            _ => Some(Instant::now() + inner.idle_timeout),
        }
    }

    /// What the connection's requests are noted in.
    pub(super) fn turns(&self) -> Turns {
        Turns {
            connection: Arc::clone(&self.connection),
            connections: self.connections.clone(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.by_id.remove(&self.id);
        self.connections.count(&open);
    }
}

/// Whose turn it is on a connection.
pub(super) struct Connection {
    /// Phase, and since when in microseconds.
    state: AtomicU64,
    closed: Notify,
}

impl Connection {
    /// Gives the connection up unless it has a request to answer. Its task hears of it.
    pub(super) fn close_if_waiting(&self) -> bool {
        loop {
            let state = self.state.load(Ordering::Acquire);
            match unpack(state).0 {
                CLOSED | BUSY => return false,
                _ if self.turn(state, pack(CLOSED, 0)) => {
                    self.closed.notify_one();
                    return true;
                }
                _ => {}
            }
        }
    }

    /// Done once [`Connection::close_if_waiting`] has given the connection up.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    fn waits_since(&self) -> Option<u64> {
        let (phase, since) = unpack(self.state.load(Ordering::Acquire));
        matches!(phase, IDLE | HEAD).then_some(since)
    }

    fn turn(&self, from: u64, to: u64) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

/// Notes whose turn it is.
#[derive(Clone)]
pub(super) struct Turns {
    connection: Arc<Connection>,
    connections: Connections,
}

impl Turns {
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// A request has come. Nothing if the connection was given up the moment before.
    pub(super) fn begin_request(&self) -> Option<Answering> {
        loop {
            let state = self.connection.state.load(Ordering::Acquire);
            match unpack(state).0 {
                CLOSED => return None,
                BUSY => break,
                _ if self.connection.turn(state, pack(BUSY, 0)) => break,
                _ => {}
            }
        }
        Some(Answering(self.clone()))
    }
}

/// An answer on its way; dropped, it has been given, and the client's turn has come.
pub(super) struct Answering(Turns);

impl Answering {
    /// The answer opens a socket, on which either side speaks when it likes.
    pub(super) fn never_ends(self) {
        self.0.connection.turn(pack(BUSY, 0), pack(BUSY, SOCKET));
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let idle = pack(IDLE, self.0.connections.now());
        // Does nothing where there is a socket.
        self.0.connection.turn(pack(BUSY, 0), idle);
    }
}

/// A phase in the lowest two bits, a time above them.
fn pack(phase: u64, since: u64) -> u64 {
    since << 2 | phase
}

fn unpack(state: u64) -> (u64, u64) {
    (state & 3, state >> 2)
}

/// The client may ask for something, or not.
const IDLE: u64 = 0;
/// The client has begun to ask, or has just come.
const HEAD: u64 = 1;
/// The client waits for us; or it has a socket, over which either side speaks when it likes.
const BUSY: u64 = 2;
/// Given up.
const CLOSED: u64 = 3;

/// In place of a time: the client has a socket.
const SOCKET: u64 = 1;
