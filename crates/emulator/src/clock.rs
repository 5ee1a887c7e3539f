//! The emulator's clock: the machine's, plus whatever a test has skipped.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::time::Instant;

/// Time since the emulator was made.
pub(crate) struct Clock {
    started: Instant,
    started_unix: Duration,
    skipped: watch::Sender<Duration>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            // A machine whose clock stands before 1970 gets wrong dates and nothing worse.
            started_unix: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            skipped: watch::Sender::new(Duration::ZERO),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed() + *self.skipped.borrow()
    }

    /// The date, as time since 1970.
    pub(crate) fn unix(&self) -> Duration {
        self.started_unix + self.now()
    }

    /// Lets time jump ahead; whoever waits for a moment in between is woken.
    pub(crate) fn skip(&self, by: Duration) {
        self.skipped.send_modify(|skipped| *skipped += by);
    }

    /// Waits for a moment of this clock, or for ever.
    pub(crate) async fn until(&self, moment: Option<Duration>) {
        let Some(moment) = moment else {
            return std::future::pending().await;
        };
        let mut skipped = self.skipped.subscribe();
        loop {
            let ahead = moment.saturating_sub(self.now());
            if ahead.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(ahead) => {}
                // The sender is a field of this very clock, so it cannot be gone.
                _ = skipped.changed() => {}
            }
        }
    }
}

/// A time in whole milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
