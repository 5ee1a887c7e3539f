//! The emulator's public handle and its routes.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};

use crate::{
    faults::Faults,
    options::{Options, OptionsError},
    recogniser::RecogniserKind,
    service::{Service, ServiceState},
    session_log::SessionLog,
    socket, token_endpoint,
    usage::Usage,
};

/// An emulator of the v3 service. Cheap to clone; all clones share one state.
#[derive(Clone)]
pub struct Emulator {
    service: Service,
    fallback_reason: Option<Arc<str>>,
}

impl Emulator {
    /// Creates an emulator. Unless the options select the script, this opens the recogniser once as
    /// a test, which takes about 0.4 s.
    ///
    /// # Errors
    ///
    /// Returns an error for an option that can't be satisfied.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let (state, fallback_reason) = ServiceState::new(options)?;
        Ok(Self {
            service: Arc::new(state),
            fallback_reason: fallback_reason.map(Arc::from),
        })
    }

    /// Returns the routes: `/v3/token`, `/v3/ws`, and `/` for clients of the self-hosted service.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v3/token", get(token_endpoint::handle))
            .route("/v3/ws", get(socket::upgrade))
            .route("/", get(socket::upgrade))
            .with_state(Arc::clone(&self.service))
    }

    /// Recogniser in use.
    pub fn recogniser(&self) -> RecogniserKind {
        self.service.recogniser.kind()
    }

    /// Why a more accurate recogniser is not used, if [`RecogniserChoice::Auto`] found only a worse
    /// one.
    ///
    /// [`RecogniserChoice::Auto`]: crate::RecogniserChoice::Auto
    pub fn fallback_reason(&self) -> Option<&str> {
        self.fallback_reason.as_deref()
    }

    /// Returns what the recogniser has done since the start.
    pub fn usage(&self) -> Usage {
        let service = &self.service;
        let seats = service.recogniser.needs_thread().then_some(service.seats);
        service.usage.read(seats)
    }

    /// Replaces the faults and restarts the counts of sessions and token requests. Open sessions
    /// keep their faults.
    pub fn set_faults(&self, faults: Faults) {
        self.service.faults.set(faults);
    }

    /// Returns the logs of the last thousand sessions, oldest first. [`SessionLog::closed`] is
    /// `None` for open sessions.
    pub fn sessions(&self) -> Vec<SessionLog> {
        self.service.logs.all()
    }

    /// Waits until `condition` is true for the logs, and returns them.
    pub async fn wait_for(
        &self,
        mut condition: impl FnMut(&[SessionLog]) -> bool,
    ) -> Vec<SessionLog> {
        let mut changes = self.service.logs.changes();
        loop {
            changes.mark_unchanged();
            let logs = self.sessions();
            // `changed` fails only without a sender, and `self` holds the sender.
            if condition(&logs) || changes.changed().await.is_err() {
                return logs;
            }
        }
    }

    /// Moves the emulator's clock forward: tokens expire and timers fire.
    pub fn skip(&self, time: Duration) {
        self.service.clock.skip(time);
    }

    /// Closes all sessions with 1001 and refuses new ones. Returns when all logs are complete, or
    /// after ten seconds if a client keeps its socket open.
    pub async fn shut_down(&self) {
        self.service.stop();
        let complete = self.wait_for(|logs| logs.iter().all(|log| log.closed.is_some()));
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, complete)
            .await
            .is_err()
        {
            tracing::warn!("a client keeps its socket open; the log of its session is incomplete");
        }
    }

    /// Waits until [`Self::shut_down`] is called.
    pub async fn stopped(&self) {
        self.service.stopping().await;
    }
}

/// Twice the longest closing handshake.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
