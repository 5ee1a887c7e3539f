//! Whether this server is of use, as far as it knows without asking for a token.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{sync::Mutex, time::Instant};

use crate::upstream::Upstream;

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
        Err(cause) if was_there => {
            tracing::warn!(target: TARGET, %cause, "not ready: the service is away")
        }
        Ok(_) if !was_there => tracing::info!(target: TARGET, "ready: the service is there again"),
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

/// The target of these lines, which is an interface.
const TARGET: &str = "inturn_server::health";
