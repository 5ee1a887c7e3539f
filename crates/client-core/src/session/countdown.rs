//! The countdown to a retry after a rate limit, in seconds.

use std::time::Duration;

use crate::Moment;

/// A wait whose remaining time is shown.
#[derive(Debug)]
pub(super) struct Countdown {
    until: Moment,
}

impl Countdown {
    /// Creates a wait of `secs` seconds.
    pub(super) fn new(now: Moment, secs: u32) -> Self {
        Self {
            until: now + Duration::from_secs(u64::from(secs)),
        }
    }

    /// Returns the remaining wait in seconds, rounded up.
    pub(super) fn secs_left(&self, now: Moment) -> u32 {
        let left = self.until.since(now);
        left.as_secs() as u32 + u32::from(left.subsec_nanos() > 0)
    }

    /// Returns when the number of remaining seconds next decreases, or `None` if the wait is over.
    pub(super) fn next_second(&self, now: Moment) -> Option<Moment> {
        let next_secs = self.secs_left(now).checked_sub(1)?;
        let next = Duration::from_secs(u64::from(next_secs));
        Some(self.until.saturating_sub(next))
    }
}
