//! Guard of what was counted for one request.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{
    claim::{Claim, EndReason},
    counters::Counters,
    recording_id::RecordingId,
};

/// What was counted for one request for a token. Dropping it undoes the counting; [`Grant::keep`]
/// keeps it.
#[must_use = "dropping it undoes what was counted"]
pub(crate) struct Grant {
    pub(super) counters: Arc<Counters>,
    /// What to undo when this is dropped.
    pub(super) claim: Option<Claim>,
    /// The recording that was opened or renewed.
    pub(super) recording: RecordingId,
    /// Whether Redis counted it.
    pub(super) is_in_redis: bool,
    /// The reason to give when this is dropped.
    pub(super) reason: EndReason,
}

impl Grant {
    /// Keeps what was counted: the token is handed out. Returns the id by which the recording can
    /// be ended.
    pub(crate) fn keep(mut self) -> RecordingId {
        self.claim = None;
        self.recording
    }

    /// Undoes what was counted, including the token of the day: the service issued no token. The
    /// token of the minute stays counted, which limits retries while the service fails.
    pub(crate) fn fail(mut self) {
        self.reason = EndReason::Failed;
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        let Some(claim) = self.claim.take() else {
            return;
        };
        if !self.is_in_redis {
            self.counters.memory.cancel(claim, self.reason);
        }
        // Also if only memory counted it: Redis may have executed the call that timed out.
        if let Some(redis) = &self.counters.redis {
            let (redis, reason) = (Arc::clone(redis), self.reason);
            spawn_detached(async move { redis.cancel(claim, reason).await });
        }
    }
}

/// Spawns a task on the current runtime, without waiting for it.
fn spawn_detached(work: impl Future<Output = ()> + Send + 'static) {
    // Outside of a runtime there are no requests, so Redis has counted nothing.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(work);
    }
}
