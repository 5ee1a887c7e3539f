//! What the routes and the sessions share.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::clock::Clock;
use crate::delays::Delays;
use crate::faults::FaultBook;
use crate::forms::FormattedForm;
use crate::limiter::Limiter;
use crate::options::{Limits, Options, OptionsError};
use crate::owners::OpenSessions;
use crate::recogniser::{self, RecogniserSource};
use crate::session_log::SessionLogs;
use crate::tokens::Tokens;

/// Held by every route and every session.
pub(crate) type Service = Arc<Shared>;

/// One emulator: its settings, and what its sessions count and hold.
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

impl Shared {
    /// Makes what the options say; also tells why the recogniser is the script, if PocketSphinx was looked for and not found.
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
        let shared = Self {
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
        Ok((shared, script_reason))
    }

    pub(crate) fn is_key(&self, key: &str) -> bool {
        !key.is_empty() && (self.api_keys.is_empty() || self.api_keys.iter().any(|own| own == key))
    }

    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
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

/// A live decoder takes a fifth of a core, and the second pass at a turn's end the same again.
fn default_decoders() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from)
}
