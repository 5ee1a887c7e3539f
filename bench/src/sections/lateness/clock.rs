//! The one clock that the browser's audio, its pages and this program share.

use rustix::time::{ClockId, clock_gettime};

/// The system's monotonic clock, in milliseconds. Chromium's `TimeTicks` are readings of it, and with
/// them the time stamps of captured audio and the metric `NavigationStart`.
pub(super) fn now_ms() -> f64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as f64 * 1_000.0 + now.tv_nsec as f64 / 1_000_000.0
}
