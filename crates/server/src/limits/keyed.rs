//! One limit for each of very many, in bounded memory.

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

/// So many in a period for each key, however many keys there are.
///
/// Those that were used longest ago are forgotten where there are too many: they may then do as much
/// as if they had done nothing yet. The limits for all together hold all the same.
pub(crate) struct KeyedLimiter<K: Clone + Eq + Hash, C: Clock = DefaultClock> {
    limiter: RateLimiter<K, Remembered<K>, C, NoOpMiddleware<C::Instant>>,
    remembered: Remembered<K>,
    interval: Nanos,
    period: Duration,
}

#[cfg(test)]
impl<K: Clone + Eq + Hash> KeyedLimiter<K> {
    /// `count` at once, and then one each `count`th of `period`.
    pub(crate) fn new(count: NonZeroU32, period: Duration) -> Self {
        Self::with_clock(count, period, DefaultClock::default())
    }
}

impl<K: Clone + Eq + Hash, C: Clock> KeyedLimiter<K, C> {
    pub(super) fn with_clock(count: NonZeroU32, period: Duration, clock: C) -> Self {
        let interval = period / count.get();
        // Where the period can't be parted into so many, hardly anything is a limit.
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(count));
        let remembered = Remembered::default();
        Self {
            limiter: RateLimiter::new(quota.allow_burst(count), remembered.clone(), clock),
            remembered,
            interval: interval.into(),
            period,
        }
    }

    /// Counts `many` more for `key`, or says how long to wait for them. More than there are at all would
    /// be waited for in vain: whoever makes the limiter sees to that.
    pub(super) fn check(&self, key: &K, many: NonZeroU32) -> Result<(), Duration> {
        match self.limiter.check_key_n(key, many) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => Err(not_until.wait_time_from(self.limiter.clock().now())),
            Err(_) => Err(self.period),
        }
    }

    /// Takes back `many` that were counted for `key`.
    pub(super) fn give_back(&self, key: &K, many: u32) {
        // What is counted is the time at which all of it will be forgotten: one less is one interval
        // sooner.
        if let Some(forgotten_at) = self.remembered.lock().peek_mut(key) {
            *forgotten_at = forgotten_at.saturating_sub(self.interval * u64::from(many));
        }
    }

    /// What is counted for `key`, to be [restored](Self::restore).
    pub(super) fn counted(&self, key: &K) -> Option<Nanos> {
        self.remembered.lock().peek(key).copied()
    }

    /// Counts for `key` what was counted before.
    pub(super) fn restore(&self, key: &K, counted: Nanos) {
        if let Some(forgotten_at) = self.remembered.lock().peek_mut(key) {
            *forgotten_at = counted;
        }
    }

    /// How many keys are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.remembered.lock().len()
    }
}

/// What is counted for each key, those of late first.
struct Remembered<K>(Arc<Mutex<LruCache<K, Nanos>>>);

impl<K: Clone + Eq + Hash> Remembered<K> {
    fn lock(&self) -> MutexGuard<'_, LruCache<K, Nanos>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Default for Remembered<K> {
    fn default() -> Self {
        // Bounded below: a bound of its own would take its room at once.
        Self(Arc::new(Mutex::new(LruCache::unbounded())))
    }
}

impl<K> Clone for Remembered<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash> StateStore for Remembered<K> {
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

/// Twenty times the people of the largest team we can think of, in about 20 MB.
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
    fn what_is_given_back_can_be_taken_again() {
        let clock = FakeRelativeClock::default();
        let count = NonZeroU32::new(2).expect("is not zero");
        let limiter = KeyedLimiter::with_clock(count, HOUR, clock.clone());
        assert_eq!(
            (limiter.check(&"a", ONE), limiter.check(&"a", ONE)),
            (Ok(()), Ok(()))
        );
        limiter.give_back(&"a", 1);
        assert_eq!(limiter.check(&"a", ONE), Ok(()));
        assert_eq!(limiter.check(&"a", ONE), Err(HOUR / 2));
        // No more than was taken.
        clock.advance(HOUR * 2);
        limiter.give_back(&"a", 1);
        assert_eq!(
            (limiter.check(&"a", ONE), limiter.check(&"a", ONE)),
            (Ok(()), Ok(()))
        );
        assert_eq!(limiter.check(&"a", ONE), Err(HOUR / 2));
        limiter.give_back(&"nobody", 1);
    }

    #[test]
    fn many_are_counted_and_given_back_as_one() {
        let clock = FakeRelativeClock::default();
        let count = |count| NonZeroU32::new(count).expect("is not zero");
        let limiter = KeyedLimiter::with_clock(count(60), HOUR, clock.clone());
        let minute = HOUR / 60;
        assert_eq!(limiter.check(&"a", count(40)), Ok(()));
        assert_eq!(limiter.check(&"a", count(40)), Err(minute * 20));
        limiter.give_back(&"a", 10);
        assert_eq!(limiter.check(&"a", count(40)), Err(minute * 10));
        clock.advance(minute * 10);
        assert_eq!(limiter.check(&"a", count(40)), Ok(()));
        assert_eq!(limiter.check(&"b", count(61)), Err(HOUR));
    }

    #[test]
    fn a_million_keys_are_not_all_remembered() {
        let limiter = KeyedLimiter::new(NonZeroU32::MIN, HOUR);
        for key in 0..1_000_000_u32 {
            assert_eq!(limiter.check(&key, ONE), Ok(()));
        }
        assert_eq!(limiter.len(), MAX_KEYS);
        // Those of late are.
        assert!(limiter.check(&999_999, ONE).is_err());
    }
}
