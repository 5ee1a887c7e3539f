//! State shared by the routes and the sessions.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::{Semaphore, watch};

use crate::{
    clock::Clock,
    delays::Delays,
    faults::ActiveFaults,
    limiter::SessionRateLimiter,
    options::{Options, OptionsError, ServiceLimits},
    owners::OpenSessions,
    recogniser::{self, RecogniserSource},
    session_log::SessionLogs,
    tokens::Tokens,
    turn_encoder::FormattedForm,
};

/// Shared reference to the state, held by every route and every session.
pub(crate) type Service = Arc<ServiceState>;

/// State of one emulator: its settings, and the counts and permits of its sessions.
pub(crate) struct ServiceState {
    api_keys: Vec<String>,
    pub(crate) accepted_models: Vec<String>,
    pub(crate) record_dir: Option<PathBuf>,
    pub(crate) faults: ActiveFaults,
    pub(crate) recogniser: Arc<dyn RecogniserSource>,
    /// One permit for each concurrent session of a recogniser that needs threads.
    pub(crate) decoders: Arc<Semaphore>,
    pub(crate) formatted_form: FormattedForm,
    pub(crate) limits: ServiceLimits,
    pub(crate) delays: Delays,
    pub(crate) clock: Clock,
    pub(crate) tokens: Tokens,
    pub(crate) open_sessions: Arc<OpenSessions>,
    pub(crate) limiter: SessionRateLimiter,
    pub(crate) logs: SessionLogs,
    stopping: watch::Sender<bool>,
}

impl ServiceState {
    /// Creates the state for these options. Also returns the reason for a fallback to the script,
    /// if PocketSphinx was not found.
    pub(crate) fn new(options: Options) -> Result<(Self, Option<String>), OptionsError> {
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
        let state = Self {
            api_keys: options.api_keys,
            accepted_models: options.accepted_models,
            record_dir: options.record_dir,
            faults: ActiveFaults::new(options.faults),
            recogniser,
            decoders: Arc::new(Semaphore::new(decoders)),
            formatted_form: options.formatted_form,
            clock: Clock::new(),
            tokens: Tokens::new(limits.single_use_tokens),
            open_sessions: Arc::new(OpenSessions::new(limits.sessions_per_owner)),
            limiter: SessionRateLimiter::new(limits.new_sessions_per_minute),
            logs: SessionLogs::new(),
            stopping: watch::Sender::new(false),
            limits,
            delays: options.delays,
        };
        Ok((state, script_reason))
    }

    /// Whether this API key is accepted.
    pub(crate) fn is_key(&self, key: &str) -> bool {
        !key.is_empty()
            && (self.api_keys.is_empty() || self.api_keys.iter().any(|accepted| accepted == key))
    }

    /// Begins the shutdown.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the emulator shuts down.
    pub(crate) async fn stopping(&self) {
        let mut stopping = self.stopping.subscribe();
        // Fails only if the sender was dropped, and with it the emulator.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    /// Whether the emulator shuts down.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// Two for each core: a live decoder uses a fifth of a core, and the second pass at a turn's end
/// another fifth.
fn default_decoders() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from)
}
