//! A rate limiter with one limit for each key, in bounded memory.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::StateStore,
};
use lru::LruCache;

/// Allows `count` units in a period for each key.
///
/// Above [`MAX_KEYS`], the least recently used keys are dropped and start again with their full
/// limit. The limits for all together still apply.
pub(crate) struct KeyedLimiter<K: Clone + Eq + Hash, C: Clock = DefaultClock> {
    limiter: RateLimiter<K, Store<K>, C, NoOpMiddleware<C::Instant>>,
    store: Store<K>,
    interval: Nanos,
    period: Duration,
}

#[cfg(test)]
impl<K: Clone + Eq + Hash> KeyedLimiter<K> {
    /// Allows `count` units at once, and then one every `period / count`.
    pub(crate) fn new(count: NonZeroU32, period: Duration) -> Self {
        Self::with_clock(count, period, DefaultClock::default())
    }
}

impl<K: Clone + Eq + Hash, C: Clock> KeyedLimiter<K, C> {
    pub(super) fn with_clock(count: NonZeroU32, period: Duration, clock: C) -> Self {
        let interval = period / count.get();
        // If the interval rounds to zero, the limit is far beyond any real use.
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(count));
        let store = Store::default();
        Self {
            limiter: RateLimiter::new(quota.allow_burst(count), store.clone(), clock),
            store,
            interval: interval.into(),
            period,
        }
    }

    /// Counts `units` more for `key`.
    ///
    /// # Errors
    ///
    /// Returns the time to wait if the limit is reached. The caller ensures that `units` is at most
    /// `count`; otherwise no waiting time would be enough.
    pub(super) fn check(&self, key: &K, units: NonZeroU32) -> Result<(), Duration> {
        match self.limiter.check_key_n(key, units) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => Err(not_until.wait_time_from(self.limiter.clock().now())),
            Err(_) => Err(self.period),
        }
    }

    /// Refunds `units` that were counted for `key`.
    pub(super) fn refund(&self, key: &K, units: u32) {
        // The state is the time at which the full limit is available again (GCRA's theoretical
        // arrival time): one unit less is one interval sooner.
        if let Some(full_at) = self.store.lock().peek_mut(key) {
            *full_at = full_at.saturating_sub(self.interval * u64::from(units));
        }
    }

    /// Returns the state of `key`, for [`restore`](Self::restore).
    pub(super) fn counted(&self, key: &K) -> Option<Nanos> {
        self.store.lock().peek(key).copied()
    }

    /// Sets the state of `key` to what [`counted`](Self::counted) returned.
    pub(super) fn restore(&self, key: &K, counted: Nanos) {
        if let Some(full_at) = self.store.lock().peek_mut(key) {
            *full_at = counted;
        }
    }

    /// Returns the number of keys in memory.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.store.lock().len()
    }
}

/// The state of each key, most recently used first.
struct Store<K>(Arc<Mutex<LruCache<K, Nanos>>>);

impl<K: Clone + Eq + Hash> Store<K> {
    fn lock(&self) -> MutexGuard<'_, LruCache<K, Nanos>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Default for Store<K> {
    fn default() -> Self {
        // `measure_and_replace` bounds it. `LruCache::new` would allocate for the maximum at once.
        Self(Arc::new(Mutex::new(LruCache::unbounded())))
    }
}

impl<K> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash> StateStore for Store<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut all = self.lock();
        if let Some(counted) = all.get_mut(key) {
            let (outcome, next) = f(Some(*counted))?;
            *counted = next;
            return Ok(outcome);
        }
        let (outcome, next) = f(None)?;
        all.put(key.clone(), next);
        if all.len() > MAX_KEYS {
            all.pop_lru();
        }
        Ok(outcome)
    }
}

/// About 20 MB, and twenty times the people of a very large team.
const MAX_KEYS: usize = 100_000;

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    const ONE: NonZeroU32 = NonZeroU32::MIN;

    #[test]
    fn each_key_has_a_limit_of_its_own() {
        let count = NonZeroU32::new(3).expect("is not zero");
        let limiter = KeyedLimiter::new(count, HOUR);
        for _ in 0..3 {
            assert_eq!(limiter.check(&"a", ONE), Ok(()));
        }
        let wait = limiter.check(&"a", ONE).expect_err("the limit is reached");
        assert!(
            wait > Duration::from_secs(1100) && wait <= Duration::from_secs(1200),
            "{wait:?}"
        );
        assert_eq!(limiter.check(&"b", ONE), Ok(()));
    }

    #[test]
    fn what_is_refunded_can_be_used_again() {
        let clock = FakeRelativeClock::default();
        let count = NonZeroU32::new(2).expect("is not zero");
        let limiter = KeyedLimiter::with_clock(count, HOUR, clock.clone());
        assert_eq!(
            (limiter.check(&"a", ONE), limiter.check(&"a", ONE)),
            (Ok(()), Ok(()))
        );
        limiter.refund(&"a", 1);
        assert_eq!(limiter.check(&"a", ONE), Ok(()));
        assert_eq!(limiter.check(&"a", ONE), Err(HOUR / 2));
        // A refund never exceeds the limit.
        clock.advance(HOUR * 2);
        limiter.refund(&"a", 1);
        assert_eq!(
            (limiter.check(&"a", ONE), limiter.check(&"a", ONE)),
            (Ok(()), Ok(()))
        );
        assert_eq!(limiter.check(&"a", ONE), Err(HOUR / 2));
        limiter.refund(&"unknown", 1);
    }

    #[test]
    fn several_units_are_counted_and_refunded_in_one_call() {
        let clock = FakeRelativeClock::default();
        let count = |count| NonZeroU32::new(count).expect("is not zero");
        let limiter = KeyedLimiter::with_clock(count(60), HOUR, clock.clone());
        let minute = HOUR / 60;
        assert_eq!(limiter.check(&"a", count(40)), Ok(()));
        assert_eq!(limiter.check(&"a", count(40)), Err(minute * 20));
        limiter.refund(&"a", 10);
        assert_eq!(limiter.check(&"a", count(40)), Err(minute * 10));
        clock.advance(minute * 10);
        assert_eq!(limiter.check(&"a", count(40)), Ok(()));
        assert_eq!(limiter.check(&"b", count(61)), Err(HOUR));
    }

    #[test]
    fn the_number_of_keys_in_memory_is_bounded() {
        let limiter = KeyedLimiter::new(NonZeroU32::MIN, HOUR);
        for key in 0..1_000_000_u32 {
            assert_eq!(limiter.check(&key, ONE), Ok(()));
        }
        assert_eq!(limiter.len(), MAX_KEYS);
        // The most recent keys are kept.
        assert!(limiter.check(&999_999, ONE).is_err());
    }
}
