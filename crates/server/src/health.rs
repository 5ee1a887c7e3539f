//! `/healthz` and `/readyz`: whether the process is alive, and whether it is of use.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderName, StatusCode, header},
    routing::get,
};
use tokio::{sync::Mutex, time::Instant};

use crate::{AppState, upstream::Upstream};

/// Both routes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
}

/// Whether a path is a probe's, which comes by address and knows no passphrase.
pub(crate) fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// The process is alive and answers; says nothing about the service.
async fn alive() -> Probed {
    probed(StatusCode::OK, "ok\n")
}

/// Requests for a token can be answered, as far as one can know without asking for one.
async fn ready(State(app): State<AppState>) -> Probed {
    match app.ready().await {
        Ok(()) => probed(StatusCode::OK, "ready\n"),
        Err(NotReady::Stopping) => probed(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        Err(NotReady::ServiceAway) => probed(
            StatusCode::SERVICE_UNAVAILABLE,
            "the speech service can't be reached\n",
        ),
        Err(NotReady::LimitsAway) => probed(
            StatusCode::SERVICE_UNAVAILABLE,
            "Redis is away, and nobody is let through uncounted\n",
        ),
    }
}

/// Plain text, since programs that probe read no more than the status.
type Probed = (StatusCode, [(HeaderName, &'static str); 1], &'static str);

fn probed(status: StatusCode, text: &'static str) -> Probed {
    (status, [(header::CACHE_CONTROL, "no-store")], text)
}

/// Why requests should go elsewhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotReady {
    /// The server was told to stop.
    Stopping,
    /// The service can't be reached from here.
    ServiceAway,
    /// What counts the limits is away, and nobody is let through uncounted.
    LimitsAway,
}

/// What is known about being of use.
#[derive(Default)]
pub(crate) struct Readiness {
    is_stopping: AtomicBool,
    service: Mutex<Option<Seen>>,
}

/// What was seen of the service when it was looked at last.
struct Seen {
    at: Instant,
    is_there: bool,
}

impl Readiness {
    /// From now on there is no being ready.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// Looks at the service, if nobody has of late. Those who ask meanwhile wait for the same look.
    pub(crate) async fn check(&self, upstream: &Upstream) -> Result<(), NotReady> {
        if self.is_stopping.load(Ordering::Acquire) {
            return Err(NotReady::Stopping);
        }
        let mut seen = self.service.lock().await;
        let is_there = match &*seen {
            Some(seen) if seen.at.elapsed() < LOOK_EVERY => seen.is_there,
            _ => look(upstream, &mut seen).await,
        };
        if is_there {
            Ok(())
        } else {
            Err(NotReady::ServiceAway)
        }
    }
}

async fn look(upstream: &Upstream, seen: &mut Option<Seen>) -> bool {
    let found = upstream.probe(LOOK_TIMEOUT).await;
    let was_there = seen.as_ref().is_none_or(|seen| seen.is_there);
    match &found {
        Err(cause) if was_there => tracing::warn!(%cause, "not ready: the service is away"),
        Ok(_) if !was_there => tracing::info!("ready: the service is there again"),
        _ => {}
    }
    *seen = Some(Seen {
        at: Instant::now(),
        is_there: found.is_ok(),
    });
    found.is_ok()
}

/// Balancers ask every few seconds, each for itself; the service sees one short request in this time at
/// most.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// As long as a connection may take to be made, and less than a prober's usual patience.
const LOOK_TIMEOUT: Duration = Duration::from_secs(3);
