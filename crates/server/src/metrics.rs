//! What is counted, for Prometheus. No label holds what somebody else chose: no names, addresses, paths
//! or queries, so there is a bounded number of series whatever anybody asks for.

use std::time::Duration;

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

use crate::{
    logging,
    refusal_kind::RefusalKind,
    route_table::{Route, RouteId},
};

/// Everything that is counted.
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

/// What is counted of attempts to sign in with the passphrase.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignInCounts(Family<SignInLabels, Counter>);

/// What is counted of refused requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct RefusalCounts(Family<RefusalLabels, Counter>);

/// What became of an attempt to sign in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignIn {
    /// The passphrase was right.
    Right,
    /// The passphrase was wrong.
    Wrong,
    /// Not checked: a limit of attempts is reached.
    Limited,
    /// Not checked: too many waited.
    Busy,
}

/// What is counted of a listener's connections.
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
        registry.register("build", "What runs", build);
        registry.register(
            "requests",
            "Requests by route and status",
            Family::clone(&requests),
        );
        registry.register(
            "tokens",
            "Requests for a token by what became of them",
            Family::clone(&tokens),
        );
        registry.register(
            "upstream_seconds",
            "How long the service took for a token, or until it was given up",
            upstream_seconds.clone(),
        );
        registry.register(
            "limits_hit",
            "Requests for a token that were refused, by the limit that was reached",
            Family::clone(&limits_hit),
        );
        registry.register(
            "sessions_begun",
            "Sessions that a page said began, by whether their model is the one asked for",
            Family::clone(&sessions_begun),
        );
        registry.register(
            "refusals",
            "Refused requests by kind, those that were not logged among them",
            Family::clone(&refusals.0),
        );
        registry.register(
            "sign_ins",
            "Attempts to sign in with the passphrase by what became of them",
            Family::clone(&sign_ins.0),
        );
        registry.register(
            "connections_open",
            "Connections, sockets of the local service among them",
            connections.open.clone(),
        );
        registry.register(
            "connections_cut",
            "Connections that were refused or cut, by reason",
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

    /// A request was answered; `code` says what went wrong, if something did.
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

    /// The service took so long for a token, or to fail.
    pub(crate) fn upstream_took(&self, time: Duration) {
        self.upstream_seconds.observe(time.as_secs_f64());
    }

    /// A limit was reached.
    pub(crate) fn limit_hit(&self, limit: &'static str) {
        self.limits_hit.get_or_create(&LimitLabels { limit }).inc();
    }

    pub(crate) fn refusals(&self) -> &RefusalCounts {
        &self.refusals
    }

    pub(crate) fn sign_ins(&self) -> &SignInCounts {
        &self.sign_ins
    }

    /// A page says that a session began, and whether with the model asked for, if the service named one.
    pub(crate) fn session_began(&self, as_asked: Option<bool>) {
        let model = match as_asked {
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

    /// The text that Prometheus reads.
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

    /// How many were of this kind.
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
    pub(crate) fn add(&self, outcome: SignIn) {
        self.0.get_or_create(&SignInLabels::of(outcome)).inc();
    }

    /// How many had this outcome.
    #[cfg(test)]
    pub(crate) fn of(&self, outcome: SignIn) -> u64 {
        self.0.get_or_create(&SignInLabels::of(outcome)).get()
    }
}

impl SignInLabels {
    fn of(outcome: SignIn) -> Self {
        let outcome = match outcome {
            SignIn::Right => "right",
            SignIn::Wrong => "wrong",
            SignIn::Limited => "limited",
            SignIn::Busy => "busy",
        };
        Self { outcome }
    }
}

/// The lines that the log lost. There is one log in a process, which keeps the count.
#[derive(Debug)]
struct DroppedLines;

impl Collector for DroppedLines {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let count = ConstCounter::new(logging::dropped_lines());
        let encoder = encoder.encode_descriptor(
            "log_lines_dropped",
            "Log lines that were lost because standard error was not read",
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

/// Why a connection was cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cut {
    /// There was no place for it.
    Refused,
    /// Another one took its place.
    Displaced,
    /// Its client began to ask, or had just come, and did not go on.
    SlowHead,
    /// Its client left an answer unread.
    Unread,
}

/// From a service around the corner to the longest that one may take.
const SECONDS: [f64; 9] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
