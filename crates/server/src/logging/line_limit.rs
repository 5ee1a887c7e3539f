//! Rate limit of one kind of log line.

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

/// Token bucket for log lines that any client can cause, so that they can't fill the disk or hide
/// other lines.
pub(crate) struct LineLimit<C: Clock = DefaultClock> {
    bucket: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
    left_out: AtomicU64,
}

/// Permission to log one line.
#[must_use = "the line is counted as logged"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Line {
    /// The number of lines of this kind left out since the last one, for a field of the line;
    /// `None` if none were.
    pub(crate) left_out: Option<u64>,
}

impl LineLimit {
    /// Allows `burst` lines at once, then one every `interval`.
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

    /// Returns `None`, and counts the line, if it must be left out.
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
    fn lines_above_the_limit_are_left_out_and_counted_in_the_next_line() {
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
        // A pause refills the bucket, up to its size.
        clock.advance(interval * 10);
        let left_out = Some(1);
        assert_eq!(limit.line(), Some(Line { left_out }));
        assert_eq!((limit.line(), limit.line()), (plain, None));
    }
}
