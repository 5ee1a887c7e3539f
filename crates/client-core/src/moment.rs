//! Time as an argument.

use std::{ops::Add, time::Duration};

/// A point in time on the caller's monotonic clock, in microseconds. The caller chooses the clock's
/// origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// Converts from fractional milliseconds, as `performance.now()` returns them.
    pub fn from_millis(millis: f64) -> Self {
        Self((millis * 1_000.0) as u64)
    }

    /// Returns the time since `earlier`, or zero if `earlier` is not in the past.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// Returns this moment minus `duration`, but not before the clock's origin.
    pub(crate) fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.as_micros() as u64))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration.as_micros() as u64)
    }
}
