//! The handle to an emulator, and its routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;

use crate::faults::Faults;
use crate::options::{Options, OptionsError};
use crate::recogniser::RecogniserKind;
use crate::service::{Service, Shared};
use crate::session_log::SessionLog;
use crate::{socket, token_endpoint};

/// An emulator of the v3 service. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub struct Emulator {
    service: Service,
    script_reason: Option<Arc<str>>,
}

impl Emulator {
    /// Makes an emulator. Tries PocketSphinx once where it may be used, which takes about 0.3 s.
    ///
    /// # Errors
    /// When an option cannot be followed.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let (shared, script_reason) = Shared::new(options)?;
        Ok(Self {
            service: Arc::new(shared),
            script_reason: script_reason.map(Arc::from),
        })
    }

    /// The routes: `/v3/token`, `/v3/ws`, and `/` for clients of the self-hosted service.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v3/token", get(token_endpoint::answer))
            .route("/v3/ws", get(socket::open))
            .route("/", get(socket::open))
            .with_state(Arc::clone(&self.service))
    }

    /// Which recogniser is in use.
    pub fn recogniser(&self) -> RecogniserKind {
        self.service.recogniser.kind()
    }

    /// Why it is the script, if PocketSphinx was looked for and not found.
    pub fn script_reason(&self) -> Option<&str> {
        self.script_reason.as_deref()
    }

    /// Puts other faults in force, and counts sessions and token requests anew. Sessions that are
    /// open keep theirs.
    pub fn set_faults(&self, faults: Faults) {
        self.service.faults.set(faults);
    }

    /// The logs of the last thousand sessions, oldest first; those still open have no `closed`.
    pub fn sessions(&self) -> Vec<SessionLog> {
        self.service.logs.all()
    }

    /// Waits until the logs are as they should be, and gives them.
    pub async fn wait_for(&self, mut holds: impl FnMut(&[SessionLog]) -> bool) -> Vec<SessionLog> {
        let mut changes = self.service.logs.changes();
        loop {
            changes.mark_unchanged();
            let logs = self.sessions();
            // The sender lives in the service that `self` holds, so a change can always come.
            if holds(&logs) || changes.changed().await.is_err() {
                return logs;
            }
        }
    }

    /// Lets the emulator's clock jump ahead: tokens expire, timers fire.
    pub fn skip(&self, time: Duration) {
        self.service.clock.skip(time);
    }

    /// Ends all sessions with 1001 and refuses new ones; returns when their logs are complete, or
    /// when a client has not let go of its socket for ten seconds.
    pub async fn shut_down(&self) {
        self.service.stop();
        let complete = self.wait_for(|logs| logs.iter().all(|log| log.closed.is_some()));
        if tokio::time::timeout(STOP_WAIT, complete).await.is_err() {
            tracing::warn!("a client holds on to its session; its record stays incomplete");
        }
    }

    /// Returns when [`Self::shut_down`] has been called.
    pub async fn stopped(&self) {
        self.service.stopping().await;
    }
}

/// Closing handshakes take at most half of this.
const STOP_WAIT: Duration = Duration::from_secs(10);
