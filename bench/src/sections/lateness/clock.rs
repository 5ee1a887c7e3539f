//! The clock that the browser's audio, its pages and this program share.

use rustix::time::{ClockId, clock_gettime};

/// Reads the system's monotonic clock, in milliseconds. Chromium's `TimeTicks` use this clock, and
/// so does the metric `NavigationStart`, the zero of a page's clock.
pub(super) fn now_ms() -> f64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as f64 * 1_000.0 + now.tv_nsec as f64 / 1_000_000.0
}

/// Returns the wall clock's time when [`now_ms`] is zero, in milliseconds since 1970. It is the
/// median of three measurements, in case this program is interrupted between reading the two
/// clocks.
pub(super) fn wall_zero_ms() -> f64 {
    let mut readings = [(); 3].map(|()| {
        let now = clock_gettime(ClockId::Realtime);
        now.tv_sec as f64 * 1_000.0 + now.tv_nsec as f64 / 1_000_000.0 - now_ms()
    });
    readings.sort_by(f64::total_cmp);
    readings[1]
}
