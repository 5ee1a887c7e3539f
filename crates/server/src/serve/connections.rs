//! The open connections of one listener, their limits, and which of them wait for their client.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::options::ServeOptions;
use crate::{
    config::Network,
    metrics::{ConnectionCounts, Cut},
};

/// The open connections, with a limit for all and one for each address.
#[derive(Clone)]
pub(super) struct Connections(Arc<Inner>);

struct Inner {
    max: usize,
    max_per_source: usize,
    trusted_proxies: Vec<Network>,
    header_timeout: Duration,
    idle_timeout: Duration,
    start: Instant,
    counts: ConnectionCounts,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next_id: u64,
    by_id: HashMap<u64, Entry>,
    /// Number of open connections of each source.
    by_source: HashMap<Source, usize>,
    /// The highest number of open connections since [`Connections::take_peak`].
    peak: usize,
}

struct Entry {
    connection: Arc<Connection>,
    source: Option<Source>,
}

/// Source of connections: an IPv4 address, or an IPv6 /64 network, in which one person can use any
/// address.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Source(IpAddr);

impl Source {
    fn of(peer: IpAddr) -> Self {
        Self(match peer.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl Connections {
    pub(super) fn new(options: &ServeOptions) -> Self {
        Self(Arc::new(Inner {
            max: options.max_connections,
            max_per_source: options.max_connections_per_address,
            trusted_proxies: options.trusted_proxies.clone(),
            header_timeout: options.header_timeout,
            idle_timeout: options.idle_timeout,
            start: Instant::now(),
            counts: options.counts.clone(),
            open: Mutex::default(),
        }))
    }

    /// Acquires a slot for a new connection from `peer`.
    ///
    /// At a limit, this closes the connection that has waited longest for its client: of all
    /// connections, or of those from the same source. Returns `None` if none of them waits.
    pub(super) fn try_acquire(&self, peer: IpAddr) -> Option<Slot> {
        let source = self.limited_source(peer);
        let mut open = self.open();
        if source.is_some_and(|source| open.count_of(source) >= self.0.max_per_source)
            && !self.displace(&mut open, source)
        {
            return None;
        }
        if open.by_id.len() >= self.0.max && !self.displace(&mut open, None) {
            return None;
        }
        let id = open.next_id;
        open.next_id += 1;
        let connection = Arc::new(Connection {
            state: AtomicU64::new(pack(HEAD, self.now())),
            closed: Notify::new(),
        });
        open.insert(id, Arc::clone(&connection), source);
        self.update_gauge(&open);
        Some(Slot {
            id,
            connection,
            connections: self.clone(),
        })
    }

    /// Returns the source to count `peer` under, or `None` if the limit of a source does not apply.
    fn limited_source(&self, peer: IpAddr) -> Option<Source> {
        let inner = &self.0;
        let address = peer.to_canonical();
        let is_proxy = || inner.trusted_proxies.iter().any(|it| it.contains(address));
        (inner.max_per_source != 0 && !is_proxy()).then(|| Source::of(address))
    }

    /// Closes the connection that has waited longest for its client, if one waits.
    pub(super) fn close_longest_waiting(&self) -> bool {
        self.displace(&mut self.open(), None)
    }

    /// Returns the number of open connections, and the highest number since the last call.
    pub(super) fn take_peak(&self) -> (usize, usize) {
        let mut open = self.open();
        let now = open.by_id.len();
        (now, std::mem::replace(&mut open.peak, now))
    }

    fn displace(&self, open: &mut Open, source: Option<Source>) -> bool {
        let closed = open.close_longest_waiting(source);
        if closed {
            self.0.counts.cut(Cut::Displaced);
            self.update_gauge(open);
        }
        closed
    }

    fn update_gauge(&self, open: &Open) {
        let count = i64::try_from(open.by_id.len()).unwrap_or(i64::MAX);
        self.0.counts.open.set(count);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // No code panics while it holds the lock.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the microseconds since the listener's start.
    fn now(&self) -> u64 {
        self.micros(Instant::now())
    }

    fn micros(&self, at: Instant) -> u64 {
        let since_start = at.saturating_duration_since(self.0.start);
        u64::try_from(since_start.as_micros()).unwrap_or(u64::MAX)
    }
}

impl Open {
    fn insert(&mut self, id: u64, connection: Arc<Connection>, source: Option<Source>) {
        self.by_id.insert(id, Entry { connection, source });
        self.peak = self.peak.max(self.by_id.len());
        if let Some(source) = source {
            *self.by_source.entry(source).or_default() += 1;
        }
    }

    fn remove(&mut self, id: u64) {
        let removed = self.by_id.remove(&id);
        let Some(source) = removed.and_then(|entry| entry.source) else {
            return;
        };
        if let Some(count) = self.by_source.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.by_source.remove(&source);
            }
        }
    }

    fn count_of(&self, source: Source) -> usize {
        self.by_source.get(&source).copied().unwrap_or(0)
    }

    /// Closes the connection that has waited longest for its client: of all connections, or of
    /// those from `source`. Returns `false` if none waits.
    fn close_longest_waiting(&mut self, source: Option<Source>) -> bool {
        loop {
            let waiting = self.by_id.iter().filter_map(|(id, entry)| {
                if source.is_some() && entry.source != source {
                    return None;
                }
                let since = entry.connection.waits_since()?;
                Some((since, *id))
            });
            let Some((_, id)) = waiting.min() else {
                return false;
            };
            // If bytes have just arrived from this client, the loop looks for another connection.
            let closed = self
                .by_id
                .get(&id)
                .is_some_and(|entry| entry.connection.close_if_waiting());
            if closed {
                self.remove(id);
                return true;
            }
        }
    }
}

/// One connection's slot among the open connections. Dropping it frees the slot.
pub(super) struct Slot {
    id: u64,
    connection: Arc<Connection>,
    connections: Connections,
}

impl Slot {
    /// Records that bytes have arrived. On an idle connection, they begin a request's head.
    pub(super) fn on_bytes(&self) {
        let state = self.connection.state.load(Ordering::Acquire);
        if unpack(state).0 == IDLE {
            self.connection
                .transition(state, pack(HEAD, self.connections.now()));
        }
    }

    /// Records that the client has read nothing of its response since `since`.
    pub(super) fn on_write_blocked(&self, since: Instant) {
        let since = self.connections.micros(since);
        self.connection
            .transition(pack(BUSY, 0), pack(UNREAD, since));
    }

    /// Records that the client reads its response again.
    pub(super) fn on_write_unblocked(&self) {
        self.connection.resume(UNREAD);
    }

    /// Returns `true` if a request's head is incomplete, or the connection is new.
    pub(super) fn is_reading_head(&self) -> bool {
        unpack(self.connection.state.load(Ordering::Acquire)).0 == HEAD
    }

    /// Deadline for the client's next bytes; `None` for WebSockets. While the server works on a
    /// request, or another timer runs, this is the time of the next check.
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

    /// Returns the tracker of the connection's requests.
    pub(super) fn tracker(&self) -> RequestTracker {
        RequestTracker {
            connection: Arc::clone(&self.connection),
            connections: self.connections.clone(),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.remove(self.id);
        self.connections.update_gauge(&open);
    }
}

/// The state of one connection: which side must act next.
pub(super) struct Connection {
    /// The phase, and its start in microseconds; see [`pack`].
    state: AtomicU64,
    closed: Notify,
}

impl Connection {
    /// Closes the connection if it waits for its client, and notifies its task.
    pub(super) fn close_if_waiting(&self) -> bool {
        loop {
            let state = self.state.load(Ordering::Acquire);
            match unpack(state).0 {
                CLOSED | BUSY => return false,
                _ if self.transition(state, pack(CLOSED, 0)) => {
                    self.closed.notify_one();
                    return true;
                }
                _ => {}
            }
        }
    }

    /// Completes once [`Connection::close_if_waiting`] has closed the connection.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// Returns since when the connection has waited for its client, if it does.
    fn waits_since(&self) -> Option<u64> {
        let (phase, since) = unpack(self.state.load(Ordering::Acquire));
        matches!(phase, IDLE | HEAD | BODY | UNREAD).then_some(since)
    }

    /// Ends `phase`, in which the connection waited for its client: the server acts next.
    fn resume(&self, phase: u64) {
        let state = self.state.load(Ordering::Acquire);
        if unpack(state).0 == phase {
            self.transition(state, pack(BUSY, 0));
        }
    }

    fn transition(&self, from: u64, to: u64) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

/// Tracks the requests of a connection.
#[derive(Clone)]
pub(super) struct RequestTracker {
    connection: Arc<Connection>,
    connections: Connections,
}

impl RequestTracker {
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Records that a request has arrived. Returns `None` if the connection has just been closed.
    pub(super) fn begin_request(&self) -> Option<ResponseGuard> {
        loop {
            let state = self.connection.state.load(Ordering::Acquire);
            match unpack(state).0 {
                CLOSED => return None,
                BUSY => break,
                _ if self.connection.transition(state, pack(BUSY, 0)) => break,
                _ => {}
            }
        }
        Some(ResponseGuard(self.clone()))
    }

    /// Returns the tracker of a request's body. Its waiting time counts from now, the end of the
    /// head: a client that sends the body byte by byte can't shorten it.
    pub(super) fn body(&self) -> BodyTracker {
        BodyTracker {
            connection: Arc::clone(&self.connection),
            since: self.connections.now(),
        }
    }
}

/// Tracks whether the server waits for a request's body. Dropping it ends the waiting.
pub(super) struct BodyTracker {
    connection: Arc<Connection>,
    since: u64,
}

impl BodyTracker {
    /// Records that the next bytes of the body have not arrived yet.
    pub(super) fn on_pending(&self) {
        self.connection
            .transition(pack(BUSY, 0), pack(BODY, self.since));
    }

    /// Records that bytes of the body have arrived.
    pub(super) fn on_bytes(&self) {
        self.connection.resume(BODY);
    }
}

impl Drop for BodyTracker {
    fn drop(&mut self) {
        self.on_bytes();
    }
}

/// Exists while a request is handled and its response is written. Dropping it makes the connection
/// idle.
pub(super) struct ResponseGuard(RequestTracker);

impl ResponseGuard {
    /// Marks the connection as a WebSocket: it has no read timeout, and is never closed at a limit.
    pub(super) fn become_socket(self) {
        let connection = &self.0.connection;
        connection.transition(pack(BUSY, 0), pack(BUSY, SOCKET));
    }
}

impl Drop for ResponseGuard {
    fn drop(&mut self) {
        let connection = &self.0.connection;
        // The rest of the response is in hyper's buffer; the client may not have read all of it.
        connection.resume(UNREAD);
        // Has no effect on a WebSocket.
        connection.transition(pack(BUSY, 0), pack(IDLE, self.0.connections.now()));
    }
}

/// Packs a phase into the lowest three bits, and its start time into the bits above.
fn pack(phase: u64, since: u64) -> u64 {
    since << 3 | phase
}

fn unpack(state: u64) -> (u64, u64) {
    (state & 7, state >> 3)
}

/// No request is open.
const IDLE: u64 = 0;
/// A request's head is incomplete, or the connection is new.
const HEAD: u64 = 1;
/// The server works on a request, or the connection is a WebSocket.
const BUSY: u64 = 2;
/// Closed by the server.
const CLOSED: u64 = 3;
/// The server waits for the rest of a request's body.
const BODY: u64 = 4;
/// The client does not read its response.
const UNREAD: u64 = 5;

/// Marks a WebSocket; stands in place of the start time of [`BUSY`].
const SOCKET: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(max: usize, max_per_address: usize) -> Connections {
        Connections::new(&ServeOptions {
            max_connections: max,
            max_connections_per_address: max_per_address,
            trusted_proxies: vec!["10.0.0.0/8".parse().expect("a network")],
            ..ServeOptions::default()
        })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[tokio::test]
    async fn an_address_at_its_limit_displaces_only_its_own_connections() {
        let all = connections(100, 2);
        let other = all.try_acquire(address("192.0.2.9")).expect("a slot");
        let slots: Vec<_> = ["2001:db8::1", "2001:db8::2:1", "2001:db8::1"]
            .map(|it| all.try_acquire(address(it)).expect("a slot"))
            .into();
        assert!(other.connection.waits_since().is_some());
        let waits = |slot: &Slot| slot.connection.waits_since().is_some();
        assert_eq!(
            slots.iter().map(waits).collect::<Vec<_>>(),
            [false, true, true]
        );
        drop((slots, other));
        assert!(all.open().by_source.is_empty());
    }

    #[tokio::test]
    async fn an_address_whose_connections_are_all_busy_is_refused_and_a_proxy_is_not() {
        let all = connections(100, 2);
        let request_from = |peer: &str| {
            let slot = all.try_acquire(address(peer))?;
            let guard = slot.tracker().begin_request().expect("open");
            Some((slot, guard))
        };
        let client = "::ffff:192.0.2.1";
        let mut open = [request_from(client), request_from(client)];
        assert!(request_from("192.0.2.1").is_none());
        assert!(request_from("192.0.2.2").is_some());
        let proxy: Vec<_> = (0..10).map(|_| request_from("10.1.2.3")).collect();
        assert!(proxy.iter().all(Option::is_some));
        open[0] = None;
        assert!(request_from(client).is_some());
    }

    #[tokio::test]
    async fn a_body_waits_since_its_head_and_a_response_since_it_is_unread() {
        let all = connections(100, 0);
        let slot = all.try_acquire(address("192.0.2.1")).expect("a slot");
        let tracker = slot.tracker();
        let guard = tracker.begin_request().expect("open");
        assert_eq!(slot.connection.waits_since(), None);
        let body = tracker.body();
        let since = body.since;
        for _ in 0..3 {
            body.on_pending();
            assert_eq!(slot.connection.waits_since(), Some(since));
            body.on_bytes();
            assert_eq!(slot.connection.waits_since(), None);
        }
        body.on_pending();
        drop(body);
        assert_eq!(slot.connection.waits_since(), None);
        let at = Instant::now() + Duration::from_secs(1);
        slot.on_write_blocked(at);
        assert_eq!(slot.connection.waits_since(), Some(all.micros(at)));
        slot.on_write_unblocked();
        assert_eq!(slot.connection.waits_since(), None);
        slot.on_write_blocked(Instant::now());
        drop(guard);
        assert_eq!(
            unpack(slot.connection.state.load(Ordering::Acquire)).0,
            IDLE
        );
    }
}
