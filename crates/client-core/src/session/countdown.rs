//! The wait that a limit asks for, second by second.

use std::time::Duration;

use crate::Moment;

/// A wait that is shown.
#[derive(Debug)]
pub(super) struct Countdown {
    until: Moment,
}

impl Countdown {
    /// A wait of so many seconds.
    pub(super) fn new(now: Moment, secs: u32) -> Self {
        Self {
            until: now + Duration::from_secs(u64::from(secs)),
        }
    }

    /// The wait that is left, in seconds, rounded up.
    pub(super) fn secs_left(&self, now: Moment) -> u32 {
        let left = self.until.since(now);
        left.as_secs() as u32 + u32::from(left.subsec_nanos() > 0)
    }

    /// When a second less is left. Returns `None` if the wait is over.
    pub(super) fn next_second(&self, now: Moment) -> Option<Moment> {
        let behind = self.secs_left(now).checked_sub(1)?;
        let behind = Duration::from_secs(u64::from(behind));
        Some(self.until.saturating_sub(behind))
    }
}
