//! The recorder's only timer.

use inturn_client_core::Moment;
use wasm_bindgen::prelude::*;
use web_sys::WorkerGlobalScope;

/// Wakes the recorder once. Dropping it cancels the timer.
pub(super) struct Timer {
    scope: WorkerGlobalScope,
    id: i32,
    at: Moment,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Sets a timer that calls `wake` at `at`, or at once if `at` has passed.
    pub(super) fn set(
        scope: &WorkerGlobalScope,
        now: Moment,
        at: Moment,
        wake: fn(),
    ) -> Option<Self> {
        let callback = Closure::<dyn FnMut()>::new(wake);
        // Adds 1 ms because browsers round down: after an early wake the timer would have to be set
        // again.
        let millis = at.since(now).as_millis() as i32 + 1;
        let id = scope
            .set_timeout_with_callback_and_timeout_and_arguments_0(
                callback.as_ref().unchecked_ref(),
                millis,
            )
            .ok()?;
        Some(Self {
            scope: scope.clone(),
            id,
            at,
            _callback: callback,
        })
    }

    /// The time at which it fires.
    pub(super) fn at(&self) -> Moment {
        self.at
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.scope.clear_timeout_with_handle(self.id);
    }
}
