//! How often one kind of line may be logged.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};

/// A token bucket for lines that a stranger can cause at will, so that they can't fill a disk or hide the
/// other lines.
pub(crate) struct LineLimit<C: Clock = DefaultClock> {
    bucket: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
    left_out: AtomicU64,
}

/// Allows one line to be logged.
#[must_use = "the line is counted as logged"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Line {
    /// How many lines of this kind were left out since the last one; `None` if none was. A field of the line.
    pub(crate) left_out: Option<u64>,
}

impl LineLimit {
    /// Allows `burst` lines at once, and then one each `interval`.
    pub(crate) fn new(burst: NonZeroU32, interval: Duration) -> Self {
        Self::with_clock(burst, interval, DefaultClock::default())
    }
}

impl<C: Clock> LineLimit<C> {
    fn with_clock(burst: NonZeroU32, interval: Duration, clock: C) -> Self {
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(burst));
        Self {
            bucket: RateLimiter::direct_with_clock(quota.allow_burst(burst), clock),
            left_out: AtomicU64::new(0),
        }
    }

    /// Returns `None` if the line must be left out. It is counted then.
    pub(crate) fn line(&self) -> Option<Line> {
        if self.bucket.check().is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        Some(Line {
            left_out: Some(left_out).filter(|count| *count > 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn lines_of_a_flood_are_left_out_and_their_number_is_in_the_next_line() {
        let clock = FakeRelativeClock::default();
        let interval = Duration::from_secs(3);
        let burst = NonZeroU32::new(2).expect("is not zero");
        let limit = LineLimit::with_clock(burst, interval, clock.clone());
        let plain = Some(Line { left_out: None });
        assert_eq!((limit.line(), limit.line()), (plain, plain));
        for _ in 0..1000 {
            assert_eq!(limit.line(), None);
        }
        clock.advance(interval);
        let left_out = Some(1000);
        assert_eq!(limit.line(), Some(Line { left_out }));
        assert_eq!(limit.line(), None);
        // Quiet fills the bucket again, and no further.
        clock.advance(interval * 10);
        let left_out = Some(1);
        assert_eq!(limit.line(), Some(Line { left_out }));
        assert_eq!((limit.line(), limit.line()), (plain, None));
    }
}
