//! Readiness: whether the server can hand out tokens, checked without requesting one.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{sync::Mutex, time::Instant};

use crate::upstream::Upstream;

/// Why the server is not ready.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotReady {
    /// The server is shutting down.
    Stopping,
    /// The speech service can't be reached.
    ServiceUnreachable,
    /// Redis can't be reached, and `--limits-when-redis-is-away` is `closed`.
    RedisUnreachable,
}

/// The readiness state.
#[derive(Default)]
pub(crate) struct Readiness {
    is_stopping: AtomicBool,
    last_probe: Mutex<Option<ProbeResult>>,
}

/// The result of the last probe of the service.
struct ProbeResult {
    at: Instant,
    is_reachable: bool,
}

impl Readiness {
    /// Makes `/readyz` fail from now on.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// Probes the service if the last probe is older than [`PROBE_INTERVAL`]. Concurrent callers
    /// share one probe.
    pub(crate) async fn check(&self, upstream: &Upstream) -> Result<(), NotReady> {
        if self.is_stopping.load(Ordering::Acquire) {
            return Err(NotReady::Stopping);
        }
        let mut last = self.last_probe.lock().await;
        let is_reachable = match &*last {
            Some(last) if last.at.elapsed() < PROBE_INTERVAL => last.is_reachable,
            _ => probe(upstream, &mut last).await,
        };
        if is_reachable {
            Ok(())
        } else {
            Err(NotReady::ServiceUnreachable)
        }
    }
}

/// Probes the service, and logs if its reachability has changed.
async fn probe(upstream: &Upstream, last: &mut Option<ProbeResult>) -> bool {
    let probed = upstream.probe(PROBE_TIMEOUT).await;
    let was_reachable = last.as_ref().is_none_or(|last| last.is_reachable);
    match &probed {
        Err(cause) if was_reachable => {
            tracing::warn!(target: TARGET, %cause, "not ready: the service can't be reached")
        }
        Ok(_) if !was_reachable => {
            tracing::info!(target: TARGET, "ready: the service can be reached again")
        }
        _ => {}
    }
    *last = Some(ProbeResult {
        at: Instant::now(),
        is_reachable: probed.is_ok(),
    });
    probed.is_ok()
}

/// Load balancers each check every few seconds. The service gets at most one short request in this
/// time.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);

/// The timeout of a connection to the service, and less than the usual timeout of a health check.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// The target of these log lines. It is part of the public interface.
const TARGET: &str = "inturn_server::health";
