//! The clock of a recording, and the data of a new one.

use std::time::{SystemTime, UNIX_EPOCH};

use inturn_client_core::{
    Moment,
    recording::{RecordingId, RecordingInfo},
};
use ring::rand::{SecureRandom, SystemRandom};

/// Returns the time on a monotonic clock that counts the time that the machine slept.
pub(crate) fn now() -> Moment {
    Moment::from_millis(platform::millis())
}

#[cfg(unix)]
mod platform {
    use rustix::time::{ClockId, clock_gettime};

    /// Linux' other monotonic clock stops while the machine sleeps.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    const CLOCK: ClockId = ClockId::Boottime;
    /// Counts the time asleep on Apple's systems.
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    const CLOCK: ClockId = ClockId::Monotonic;

    pub(super) fn millis() -> f64 {
        let time = clock_gettime(CLOCK);
        time.tv_sec as f64 * 1_000.0 + time.tv_nsec as f64 / 1_000_000.0
    }
}

#[cfg(not(unix))]
mod platform {
    use std::{sync::LazyLock, time::Instant};

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    /// Windows' performance counter, which counts the time asleep.
    pub(super) fn millis() -> f64 {
        START.elapsed().as_secs_f64() * 1_000.0
    }
}

/// Returns a random id and the start time of a recording that begins now.
pub(crate) fn new_recording() -> RecordingInfo {
    let mut id = [0; 16];
    // Without randomness there is no TLS either.
    if SystemRandom::new().fill(&mut id).is_err() {
        tracing::warn!(target: "inturn_client", "no random id for the recording");
    }
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let time_zone = jiff::tz::TimeZone::system();
    let offset_secs = time_zone.to_offset(jiff::Timestamp::now()).seconds();
    RecordingInfo {
        id: RecordingId(u128::from_be_bytes(id)),
        started_unix_ms: since_1970.map_or(0, |time| time.as_millis() as u64),
        utc_offset_min: (offset_secs / 60) as i16,
    }
}
