//! What was counted for one request, until it is known whether there is a token.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{
    claim::{Claim, Over},
    counters::Counters,
    recording_id::RecordingId,
};

/// What was counted for a request. Unless it is kept, that is taken back.
#[must_use = "dropped, what was counted is taken back"]
pub(crate) struct Grant {
    pub(super) counters: Arc<Counters>,
    /// What to take back, if anything.
    pub(super) claim: Option<Claim>,
    /// The recording that was opened or renewed.
    pub(super) recording: RecordingId,
    /// Whether Redis counted it.
    pub(super) is_shared: bool,
    /// What is said when it is dropped.
    pub(super) over: Over,
}

impl Grant {
    /// The token is handed out. The recording counts until it is ended by this name.
    pub(crate) fn keep(mut self) -> RecordingId {
        self.claim = None;
        self.recording
    }

    /// There was no token to hand out: the day's count is taken back too. The minute's stays, since it is
    /// what keeps anybody from asking without end while the service fails.
    pub(crate) fn fail(mut self) {
        self.over = Over::Failed;
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        let Some(claim) = self.claim.take() else {
            return;
        };
        if !self.is_shared {
            self.counters.memory.take_back(claim, self.over);
        }
        // Also where memory counted it while Redis was silent: Redis may have counted it as well.
        if let Some(shared) = &self.counters.shared {
            let (shared, over) = (Arc::clone(shared), self.over);
            in_the_background(async move { shared.take_back(claim, over).await });
        }
    }
}

/// Nobody waits for it.
fn in_the_background(work: impl Future<Output = ()> + Send + 'static) {
    // Without a runtime there was nobody who could have asked.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(work);
    }
}
