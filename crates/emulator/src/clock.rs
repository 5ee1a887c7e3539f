//! The emulator's clock: the system clock plus the time that a test has skipped.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::{sync::watch, time::Instant};

/// Clock that starts at zero when the emulator is created.
pub(crate) struct Clock {
    started: Instant,
    started_unix: Duration,
    skipped: watch::Sender<Duration>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            // With a system clock before 1970, only the dates are wrong.
            started_unix: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            skipped: watch::Sender::new(Duration::ZERO),
        }
    }

    /// Time since the emulator was created.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed() + *self.skipped.borrow()
    }

    /// Unix time.
    pub(crate) fn unix(&self) -> Duration {
        self.started_unix + self.now()
    }

    /// Moves the clock forward and wakes every timer that is then due.
    pub(crate) fn skip(&self, by: Duration) {
        self.skipped.send_modify(|skipped| *skipped += by);
    }

    /// Waits until this time. `None` waits forever.
    pub(crate) async fn sleep_until(&self, time: Option<Duration>) {
        let Some(time) = time else {
            return std::future::pending().await;
        };
        let mut skipped = self.skipped.subscribe();
        loop {
            let remaining = time.saturating_sub(self.now());
            if remaining.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(remaining) => {}
                // Never fails: the sender is a field of this clock.
                _ = skipped.changed() => {}
            }
        }
    }
}

/// Converts to whole milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
