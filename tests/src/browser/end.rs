//! When browsers were ended, which ends the sessions of their pages.

use std::{
    cell::Cell,
    time::{SystemTime, UNIX_EPOCH},
};

/// Notes the time when its browser is dropped.
pub(super) struct EndMark;

impl Drop for EndMark {
    fn drop(&mut self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_ms = now.unwrap_or_default().as_millis();
        LAST_END_MS.set(u64::try_from(now_ms).unwrap_or(u64::MAX));
    }
}

/// Forgets the browsers of earlier tests on this thread.
pub(crate) fn forget_ends() {
    LAST_END_MS.set(NEVER);
}

/// Returns when a browser of this test was last dropped: Unix time in milliseconds, or
/// [`u64::MAX`].
pub(crate) fn last_end_ms() -> u64 {
    LAST_END_MS.get()
}

thread_local! {
    /// A test drops its browser and its stage on its own thread.
    static LAST_END_MS: Cell<u64> = const { Cell::new(NEVER) };
}

const NEVER: u64 = u64::MAX;
