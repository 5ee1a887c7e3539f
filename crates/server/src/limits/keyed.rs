//! One limit for each of very many, in bounded memory.

use std::{
    hash::Hash,
    num::{NonZeroU32, NonZeroUsize},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use lru::LruCache;

/// So many in a period for each key, however many keys there are.
///
/// Those that were used longest ago are forgotten where there are too many: they may then do as much
/// as if they had done nothing yet. The limits for all together hold all the same.
pub(crate) struct KeyedLimiter<K> {
    quota: Option<Quota>,
    limiters: Mutex<LruCache<K, DefaultDirectRateLimiter>>,
    clock: DefaultClock,
}

impl<K: Clone + Eq + Hash> KeyedLimiter<K> {
    /// `count` at once, and then one each `count`th of `period`.
    pub(crate) fn new(count: NonZeroU32, period: Duration) -> Self {
        Self {
            quota: Quota::with_period(period / count.get()).map(|it| it.allow_burst(count)),
            limiters: Mutex::new(LruCache::new(MAX_KEYS)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts one more for `key`, or says how long to wait for it.
    pub(crate) fn check(&self, key: &K) -> Result<(), Duration> {
        let Some(quota) = self.quota else {
            return Ok(());
        };
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter = limiters.get_or_insert_ref(key, || {
            RateLimiter::direct_with_clock(quota, self.clock.clone())
        });
        limiter
            .check()
            .map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    /// How many keys are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.limiters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

/// Twenty times the people of the largest team we can think of, in about 20 MB.
const MAX_KEYS: NonZeroUsize = NonZeroUsize::new(100_000).expect("is not zero");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_limit_of_its_own() {
        let count = NonZeroU32::new(3).expect("is not zero");
        let limiter = KeyedLimiter::new(count, Duration::from_secs(3600));
        for _ in 0..3 {
            assert_eq!(limiter.check(&"a"), Ok(()));
        }
        let wait = limiter.check(&"a").expect_err("the limit is reached");
        assert!(
            wait > Duration::from_secs(1100) && wait <= Duration::from_secs(1200),
            "{wait:?}"
        );
        assert_eq!(limiter.check(&"b"), Ok(()));
    }

    #[test]
    fn a_million_keys_are_not_all_remembered() {
        let limiter = KeyedLimiter::new(NonZeroU32::MIN, Duration::from_secs(3600));
        for key in 0..1_000_000_u32 {
            assert_eq!(limiter.check(&key), Ok(()));
        }
        assert_eq!(limiter.len(), MAX_KEYS.get());
        // Those of late are.
        assert!(limiter.check(&999_999).is_err());
    }
}
