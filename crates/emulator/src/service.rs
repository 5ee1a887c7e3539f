//! State shared by the routes and the sessions.

use std::{path::PathBuf, sync::Arc, thread};

use tokio::sync::{Semaphore, watch};

use crate::{
    clock::Clock,
    delays::Delays,
    faults::ActiveFaults,
    limiter::SessionRateLimiter,
    options::{Options, OptionsError, ServiceLimits},
    owners::OpenSessions,
    recogniser::{self, RecogniserKind, RecogniserSource},
    session_log::SessionLogs,
    tokens::Tokens,
    turn_encoder::FormattedForm,
    usage::UsageCounts,
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
    /// How many permits there are in all.
    pub(crate) seats: usize,
    pub(crate) usage: Arc<UsageCounts>,
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
    /// Creates the state for these options. Also returns why a more accurate recogniser is not
    /// used, if that was to be decided here.
    pub(crate) fn new(options: Options) -> Result<(Self, Option<String>), OptionsError> {
        let (recogniser, fallback_reason) = recogniser::choose(
            options.recogniser,
            &options.moonshine,
            &options.pocketsphinx,
            &options.script,
        )
        .map_err(OptionsError::Recogniser)?;
        let limits = options.limits;
        if ![1008, 3009].contains(&limits.too_many_sessions_code) {
            return Err(OptionsError::TooManySessionsCode(
                limits.too_many_sessions_code,
            ));
        }
        let decoders = limits.decoders.unwrap_or_else(|| {
            let cores = thread::available_parallelism().map_or(1, usize::from);
            default_decoders(recogniser.kind(), cores, limits.sessions_per_owner)
        });
        let state = Self {
            api_keys: options.api_keys,
            accepted_models: options.accepted_models,
            record_dir: options.record_dir,
            faults: ActiveFaults::new(options.faults),
            recogniser,
            decoders: Arc::new(Semaphore::new(decoders)),
            seats: decoders,
            usage: Arc::default(),
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
        Ok((state, fallback_reason))
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

/// Returns how many sessions a machine can follow.
fn default_decoders(kind: RecogniserKind, cores: usize, per_owner: Option<usize>) -> usize {
    match kind {
        // A person who speaks without a pause takes 0.6 of a core. A recording has two sessions for
        // a short time when it changes from one to the next.
        RecogniserKind::Moonshine => (5 * cores / 3).max(2),
        // A live decoder uses a fifth of a core, and the second pass at a turn's end another fifth.
        // Leaves room for at least one more owner.
        _ => (2 * cores).max(per_owner.unwrap_or_default() + 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_as_many_seats_as_it_can_follow() {
        for (kind, cores, per_owner, expected) in [
            (RecogniserKind::Moonshine, 1, None, 2),
            (RecogniserKind::Moonshine, 2, None, 3),
            (RecogniserKind::Moonshine, 2, Some(1_000), 3),
            (RecogniserKind::Moonshine, 12, None, 20),
            (RecogniserKind::PocketSphinx, 2, None, 4),
            (RecogniserKind::PocketSphinx, 1, Some(2), 4),
        ] {
            assert_eq!(
                default_decoders(kind, cores, per_owner),
                expected,
                "{kind} on {cores}"
            );
        }
    }
}
