//! The emulator: what all its sessions share, and the handle to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::sync::{Semaphore, watch};

use crate::clock::Clock;
use crate::delays::Delays;
use crate::faults::{FaultBook, Faults};
use crate::forms::FormattedForm;
use crate::limiter::Limiter;
use crate::options::{Limits, Options, OptionsError};
use crate::owners::OpenSessions;
use crate::recogniser::{self, RecogniserKind, RecogniserSource};
use crate::session_log::{SessionLog, SessionLogs};
use crate::tokens::Tokens;
use crate::{socket, token_endpoint};

/// An emulator of the v3 service. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub struct Emulator {
    service: Service,
    script_reason: Option<Arc<str>>,
}

/// What the routes and the sessions share.
pub(crate) type Service = Arc<Shared>;

pub(crate) struct Shared {
    api_keys: Vec<String>,
    pub(crate) accepted_models: Vec<String>,
    pub(crate) record_dir: Option<PathBuf>,
    pub(crate) faults: FaultBook,
    pub(crate) recogniser: Arc<dyn RecogniserSource>,
    /// One permit for each session that a heavy recogniser may listen to.
    pub(crate) decoders: Arc<Semaphore>,
    pub(crate) formatted_form: FormattedForm,
    pub(crate) limits: Limits,
    pub(crate) delays: Delays,
    pub(crate) clock: Clock,
    pub(crate) tokens: Tokens,
    pub(crate) open_sessions: Arc<OpenSessions>,
    pub(crate) limiter: Limiter,
    pub(crate) logs: SessionLogs,
    stopping: watch::Sender<bool>,
}

impl Emulator {
    /// Makes an emulator. Tries PocketSphinx once where it may be used, which takes about 0.3 s.
    ///
    /// # Errors
    /// When an option cannot be followed.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let limits = options.limits;
        if ![1008, 3009].contains(&limits.too_many_sessions_code) {
            return Err(OptionsError::TooManySessionsCode(
                limits.too_many_sessions_code,
            ));
        }
        let (recogniser, script_reason) =
            recogniser::choose(options.recogniser, &options.pocketsphinx, &options.script)
                .map_err(OptionsError::Recogniser)?;
        let decoders = limits.decoders.unwrap_or_else(default_decoders);
        let service = Shared {
            api_keys: options.api_keys,
            accepted_models: options.accepted_models,
            record_dir: options.record_dir,
            faults: FaultBook::new(options.faults),
            recogniser,
            decoders: Arc::new(Semaphore::new(decoders)),
            formatted_form: options.formatted_form,
            clock: Clock::new(),
            tokens: Tokens::new(limits.single_use_tokens),
            open_sessions: Arc::new(OpenSessions::new(limits.sessions_per_owner)),
            limiter: Limiter::new(limits.new_sessions_per_minute),
            logs: SessionLogs::new(),
            stopping: watch::Sender::new(false),
            limits,
            delays: options.delays,
        };
        Ok(Self {
            service: Arc::new(service),
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
        self.service.stopping.send_replace(true);
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

impl Shared {
    pub(crate) fn is_key(&self, key: &str) -> bool {
        !key.is_empty() && (self.api_keys.is_empty() || self.api_keys.iter().any(|own| own == key))
    }

    /// Returns when the emulator shuts down.
    pub(crate) async fn stopping(&self) {
        let mut stopping = self.stopping.subscribe();
        // An error would mean that the sender is gone, and with it the emulator.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// Closing handshakes take at most half of this.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// A live decoder takes a fifth of a core, and the second pass at a turn's end the same again.
fn default_decoders() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from)
}
