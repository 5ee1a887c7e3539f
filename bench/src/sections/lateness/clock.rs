//! The one clock that the browser's audio, its pages and this program share.

use rustix::time::{ClockId, clock_gettime};

/// The system's monotonic clock, in milliseconds. Chromium's `TimeTicks` are readings of it, and
/// with them the metric `NavigationStart`, from which a page's own clock counts.
pub(super) fn now_ms() -> f64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as f64 * 1_000.0 + now.tv_nsec as f64 / 1_000_000.0
}

/// What the wall clock shows when [`now_ms`] is zero, in milliseconds since 1970. Read three times,
/// the middle one, in case this program had to wait between its two readings.
pub(super) fn wall_zero_ms() -> f64 {
    let mut readings = [(); 3].map(|()| {
        let now = clock_gettime(ClockId::Realtime);
        now.tv_sec as f64 * 1_000.0 + now.tv_nsec as f64 / 1_000_000.0 - now_ms()
    });
    readings.sort_by(f64::total_cmp);
    readings[1]
}
