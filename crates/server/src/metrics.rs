//! Metrics for Prometheus.
//!
//! No label value comes from a client: no names, addresses, paths or queries. So the number of
//! series is bounded.

mod local;

use std::time::Duration;

use inturn_emulator::Emulator;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::Gauge,
        histogram::Histogram,
        info::Info,
    },
    registry::Registry,
};

use self::local::LocalUsage;
use crate::{
    logging,
    refusal_kind::RefusalKind,
    route_table::{Route, RouteId},
};

/// All metrics.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    tokens: Family<TokenLabels, Counter>,
    upstream_seconds: Histogram,
    limits_hit: Family<LimitLabels, Counter>,
    sessions_begun: Family<ModelLabels, Counter>,
    refusals: RefusalCounts,
    sign_ins: SignInCounts,
    connections: ConnectionCounts,
}

/// Counts attempts to sign in with the passphrase.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignInCounts(Family<SignInLabels, Counter>);

/// Counts refused requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct RefusalCounts(Family<RefusalLabels, Counter>);

/// The outcome of an attempt to sign in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignInOutcome {
    /// The passphrase was right.
    Right,
    /// The passphrase was wrong.
    Wrong,
    /// Not checked: a limit of attempts is reached.
    Limited,
    /// Not checked: the queue is full.
    Busy,
}

/// Metrics of a listener's connections.
#[derive(Clone, Debug, Default)]
pub struct ConnectionCounts {
    pub(crate) open: Gauge,
    cut: Family<CutLabels, Counter>,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct TokenLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct LimitLabels {
    limit: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct SignInLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RefusalLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ModelLabels {
    model: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct CutLabels {
    reason: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let requests = Family::default();
        let tokens = Family::default();
        let upstream_seconds = Histogram::new(SECONDS);
        let limits_hit = Family::default();
        let sessions_begun = Family::default();
        let refusals = RefusalCounts::default();
        let sign_ins = SignInCounts::default();
        let connections = ConnectionCounts::default();
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);

        let mut registry = Registry::with_prefix("inturn");
        registry.register("build", "Version of the server", build);
        registry.register(
            "requests",
            "Requests, by route and status",
            Family::clone(&requests),
        );
        registry.register(
            "tokens",
            "Requests for a token, by outcome",
            Family::clone(&tokens),
        );
        registry.register(
            "upstream_seconds",
            "Duration of calls to the speech service for a token, failed calls included",
            upstream_seconds.clone(),
        );
        registry.register(
            "limits_hit",
            "Requests for a token that were refused by a limit, by limit",
            Family::clone(&limits_hit),
        );
        registry.register(
            "sessions_begun",
            "Sessions whose begin a page reported, by whether they use the requested model",
            Family::clone(&sessions_begun),
        );
        registry.register(
            "refusals",
            "Refused requests, by kind, including those that were not logged",
            Family::clone(&refusals.0),
        );
        registry.register(
            "sign_ins",
            "Attempts to sign in with the passphrase, by outcome",
            Family::clone(&sign_ins.0),
        );
        registry.register(
            "connections_open",
            "Open connections, including WebSockets of the local service",
            connections.open.clone(),
        );
        registry.register(
            "connections_cut",
            "Connections that were refused or closed by the server, by reason",
            Family::clone(&connections.cut),
        );
        registry.register_collector(Box::new(DroppedLines));
        Self {
            registry,
            requests,
            tokens,
            upstream_seconds,
            limits_hit,
            sessions_begun,
            refusals,
            sign_ins,
            connections,
        }
    }

    /// Adds the metrics of the local service.
    pub(crate) fn add_local(&mut self, emulator: Emulator) {
        let usage = LocalUsage(emulator);
        self.registry.register_collector(Box::new(usage));
    }

    /// Counts a response; `code` is the error code, if it is an error.
    pub(crate) fn request(&self, route: &'static Route, status: u16, code: Option<&'static str>) {
        let labels = RequestLabels {
            route: route.name,
            status,
        };
        self.requests.get_or_create(&labels).inc();
        if route.id == RouteId::Token {
            let outcome = code.unwrap_or("handed_out");
            self.tokens.get_or_create(&TokenLabels { outcome }).inc();
        }
    }

    /// Records the duration of a call for a token.
    pub(crate) fn upstream_took(&self, time: Duration) {
        self.upstream_seconds.observe(time.as_secs_f64());
    }

    /// Counts a request that a limit refused.
    pub(crate) fn limit_hit(&self, limit: &'static str) {
        self.limits_hit.get_or_create(&LimitLabels { limit }).inc();
    }

    pub(crate) fn refusals(&self) -> &RefusalCounts {
        &self.refusals
    }

    pub(crate) fn sign_ins(&self) -> &SignInCounts {
        &self.sign_ins
    }

    /// Counts a session whose begin a page reported. `as_requested` is whether it uses the
    /// requested model; `None` if the service did not name its model.
    pub(crate) fn session_began(&self, as_requested: Option<bool>) {
        let model = match as_requested {
            Some(true) => "asked",
            Some(false) => "another",
            None => "unnamed",
        };
        let labels = ModelLabels { model };
        self.sessions_begun.get_or_create(&labels).inc();
    }

    pub(crate) fn connections(&self) -> &ConnectionCounts {
        &self.connections
    }

    /// Returns all metrics in the OpenMetrics text format.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl RefusalCounts {
    pub(crate) fn add(&self, kind: RefusalKind) {
        self.0.get_or_create(&RefusalLabels::of(kind)).inc();
    }

    /// The count of this kind.
    #[cfg(test)]
    pub(crate) fn of(&self, kind: RefusalKind) -> u64 {
        self.0.get_or_create(&RefusalLabels::of(kind)).get()
    }
}

impl RefusalLabels {
    fn of(kind: RefusalKind) -> Self {
        Self { kind: kind.name() }
    }
}

impl SignInCounts {
    pub(crate) fn add(&self, outcome: SignInOutcome) {
        self.0.get_or_create(&SignInLabels::of(outcome)).inc();
    }

    /// The count of this outcome.
    #[cfg(test)]
    pub(crate) fn of(&self, outcome: SignInOutcome) -> u64 {
        self.0.get_or_create(&SignInLabels::of(outcome)).get()
    }
}

impl SignInLabels {
    fn of(outcome: SignInOutcome) -> Self {
        let outcome = match outcome {
            SignInOutcome::Right => "right",
            SignInOutcome::Wrong => "wrong",
            SignInOutcome::Limited => "limited",
            SignInOutcome::Busy => "busy",
        };
        Self { outcome }
    }
}

/// Exports the number of dropped log lines. The count is global, like the log.
#[derive(Debug)]
struct DroppedLines;

impl Collector for DroppedLines {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let count = ConstCounter::new(logging::dropped_lines());
        let encoder = encoder.encode_descriptor(
            "log_lines_dropped",
            "Log lines dropped because standard error was not read or could not be written",
            None,
            count.metric_type(),
        )?;
        count.encode(encoder)
    }
}

impl ConnectionCounts {
    pub(crate) fn cut(&self, reason: Cut) {
        let reason = match reason {
            Cut::Refused => "refused",
            Cut::Displaced => "displaced",
            Cut::SlowHead => "slow_head",
            Cut::Unread => "unread",
        };
        self.cut.get_or_create(&CutLabels { reason }).inc();
    }
}

/// Why the server refused or closed a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cut {
    /// Refused: the connection limit was reached.
    Refused,
    /// Closed to make room for a new connection.
    Displaced,
    /// Closed because the client did not complete its request head in time.
    SlowHead,
    /// Closed because the client did not read its response in time.
    Unread,
}

/// Histogram buckets: from a nearby service to the default timeout of a call.
const SECONDS: [f64; 9] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
