//! All connections of one listener: how many there are, and which of them wait for their client.

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

/// The open connections, limited in all and for each address.
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
    /// How many of them each source has.
    by_source: HashMap<Source, usize>,
    /// The most there were since [`Connections::take_peak`].
    peak: usize,
}

struct Entry {
    connection: Arc<Connection>,
    source: Option<Source>,
}

/// Where connections come from, as far as one person can choose: an IPv4 address, or an IPv6 network of 64
/// bits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Source(IpAddr);

impl Source {
    fn of(peer: IpAddr) -> Self {
        Self(match peer.to_canonical() {
            IpAddr::V6(whole) => {
                let [a, b, c, d, ..] = whole.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            short @ IpAddr::V4(_) => short,
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

    /// A place for one more from `peer`. At a limit, the connection that has waited longest for its client
    /// is closed for it: of all, or of those from the same address. Returns `None` if none waits.
    pub(super) fn place(&self, peer: IpAddr) -> Option<Place> {
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
        self.count(&open);
        Some(Place {
            id,
            connection,
            connections: self.clone(),
        })
    }

    /// The source to count `peer` under; `None` if it may have as many connections as there are.
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

    /// How many are open, and the most there were since the last call.
    pub(super) fn take_peak(&self) -> (usize, usize) {
        let mut open = self.open();
        let now = open.by_id.len();
        (now, std::mem::replace(&mut open.peak, now))
    }

    fn displace(&self, open: &mut Open, source: Option<Source>) -> bool {
        let closed = open.close_longest_waiting(source);
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

    /// Closes the connection that has waited longest for its client: of all, or of this source.
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
            // Its client may do its part this very moment; then another one is looked for.
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
                .transition(state, pack(HEAD, self.connections.now()));
        }
    }

    /// The client takes nothing more of its answer, since this moment.
    pub(super) fn note_unread(&self, since: Instant) {
        let since = self.connections.micros(since);
        self.connection
            .transition(pack(BUSY, 0), pack(UNREAD, since));
    }

    /// The client takes its answer again.
    pub(super) fn note_read(&self) {
        self.connection.resume(UNREAD);
    }

    /// Whether the client has begun to ask, or has just come.
    pub(super) fn has_begun(&self) -> bool {
        unpack(self.connection.state.load(Ordering::Acquire)).0 == HEAD
    }

    /// Deadline for the client's next bytes; `None` for WebSockets. While we work on a request, or another
    /// timer runs, this is a time at which to ask again.
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

    /// Tracks the connection's requests.
    pub(super) fn tracker(&self) -> RequestTracker {
        RequestTracker {
            connection: Arc::clone(&self.connection),
            connections: self.connections.clone(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.remove(self.id);
        self.connections.count(&open);
    }
}

/// What a connection waits for.
pub(super) struct Connection {
    /// Phase, and since when in microseconds.
    state: AtomicU64,
    closed: Notify,
}

impl Connection {
    /// Gives the connection up if its next step is the client's. Notifies its task.
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

    /// Done once [`Connection::close_if_waiting`] has given the connection up.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    fn waits_since(&self) -> Option<u64> {
        let (phase, since) = unpack(self.state.load(Ordering::Acquire));
        matches!(phase, IDLE | HEAD | BODY | UNREAD).then_some(since)
    }

    /// The client has done its part of this phase, so the next step is ours.
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

    /// A request has come. Returns `None` if the connection was given up the moment before.
    pub(super) fn begin_request(&self) -> Option<Answering> {
        loop {
            let state = self.connection.state.load(Ordering::Acquire);
            match unpack(state).0 {
                CLOSED => return None,
                BUSY => break,
                _ if self.connection.transition(state, pack(BUSY, 0)) => break,
                _ => {}
            }
        }
        Some(Answering(self.clone()))
    }

    /// Tracks the body of a request whose head is there. The time counts from now, so that sending it byte
    /// by byte does not make the connection look as if it waited for less.
    pub(super) fn body(&self) -> BodyTracker {
        BodyTracker {
            connection: Arc::clone(&self.connection),
            since: self.connections.now(),
        }
    }
}

/// Notes whether a request's body is waited for; dropped, it no longer is.
pub(super) struct BodyTracker {
    connection: Arc<Connection>,
    since: u64,
}

impl BodyTracker {
    pub(super) fn note_waiting(&self) {
        self.connection
            .transition(pack(BUSY, 0), pack(BODY, self.since));
    }

    pub(super) fn note_bytes(&self) {
        self.connection.resume(BODY);
    }
}

impl Drop for BodyTracker {
    fn drop(&mut self) {
        self.note_bytes();
    }
}

/// An answer on its way; dropped, it has been given, and the next request is the client's to send.
pub(super) struct Answering(RequestTracker);

impl Answering {
    /// The answer opens a socket, on which either side speaks when it likes.
    pub(super) fn never_ends(self) {
        let connection = &self.0.connection;
        connection.transition(pack(BUSY, 0), pack(BUSY, SOCKET));
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let connection = &self.0.connection;
        // All of it is in hyper's buffer, of which the client may still leave some unread.
        connection.resume(UNREAD);
        // Does nothing where there is a socket.
        connection.transition(pack(BUSY, 0), pack(IDLE, self.0.connections.now()));
    }
}

/// A phase in the lowest three bits, a time above them.
fn pack(phase: u64, since: u64) -> u64 {
    since << 3 | phase
}

fn unpack(state: u64) -> (u64, u64) {
    (state & 7, state >> 3)
}

/// The client may ask for something, or not.
const IDLE: u64 = 0;
/// The client has begun to ask, or has just come.
const HEAD: u64 = 1;
/// The client waits for us; or it has a socket, over which either side speaks when it likes.
const BUSY: u64 = 2;
/// Given up.
const CLOSED: u64 = 3;
/// We wait for the rest of a request's body.
const BODY: u64 = 4;
/// The client leaves its answer unread.
const UNREAD: u64 = 5;

/// In place of a time: the client has a socket.
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
    async fn an_address_displaces_its_own_connections_and_no_other_ones() {
        let all = connections(100, 2);
        let other = all.place(address("192.0.2.9")).expect("a place");
        let places: Vec<_> = ["2001:db8::1", "2001:db8::2:1", "2001:db8::1"]
            .map(|it| all.place(address(it)).expect("a place"))
            .into();
        assert!(other.connection.waits_since().is_some());
        let waits = |place: &Place| place.connection.waits_since().is_some();
        assert_eq!(
            places.iter().map(waits).collect::<Vec<_>>(),
            [false, true, true]
        );
        drop((places, other));
        assert!(all.open().by_source.is_empty());
    }

    #[tokio::test]
    async fn an_address_whose_requests_are_all_under_way_is_refused_and_a_proxy_is_not() {
        let all = connections(100, 2);
        let ask = |from: &str| {
            let place = all.place(address(from))?;
            let answering = place.tracker().begin_request().expect("open");
            Some((place, answering))
        };
        let stranger = "::ffff:192.0.2.1";
        let mut open = [ask(stranger), ask(stranger)];
        assert!(ask("192.0.2.1").is_none());
        assert!(ask("192.0.2.2").is_some());
        let proxy: Vec<_> = (0..10).map(|_| ask("10.1.2.3")).collect();
        assert!(proxy.iter().all(Option::is_some));
        open[0] = None;
        assert!(ask(stranger).is_some());
    }

    #[tokio::test]
    async fn a_body_byte_by_byte_waits_since_its_head_and_an_answer_since_it_is_unread() {
        let all = connections(100, 0);
        let place = all.place(address("192.0.2.1")).expect("a place");
        let tracker = place.tracker();
        let answering = tracker.begin_request().expect("open");
        assert_eq!(place.connection.waits_since(), None);
        let body = tracker.body();
        let begun = body.since;
        for _ in 0..3 {
            body.note_waiting();
            assert_eq!(place.connection.waits_since(), Some(begun));
            body.note_bytes();
            assert_eq!(place.connection.waits_since(), None);
        }
        body.note_waiting();
        drop(body);
        assert_eq!(place.connection.waits_since(), None);
        let at = Instant::now() + Duration::from_secs(1);
        place.note_unread(at);
        assert_eq!(place.connection.waits_since(), Some(all.micros(at)));
        place.note_read();
        assert_eq!(place.connection.waits_since(), None);
        place.note_unread(Instant::now());
        drop(answering);
        assert_eq!(
            unpack(place.connection.state.load(Ordering::Acquire)).0,
            IDLE
        );
    }
}
