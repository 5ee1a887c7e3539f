//! A counter for each key that decays over time.

use std::{hash::Hash, time::Duration};

use lru::LruCache;

/// Counts events by key, up to `max`. The count of a key decreases by one each `interval`.
///
/// Memory is bounded: the least recently used keys are dropped first.
pub(super) struct DecayingCounter<K: Eq + Hash> {
    /// When the count of each key reaches zero.
    zero_at: LruCache<K, Duration>,
    max: u32,
    interval: Duration,
}

impl<K: Eq + Hash> DecayingCounter<K> {
    /// Creates a counter of up to `max` events in each `period`.
    pub(super) fn new(max: u32, period: Duration) -> Self {
        let max = max.max(1);
        Self {
            // `add` bounds it. `LruCache::new` would allocate for the maximum at once.
            zero_at: LruCache::unbounded(),
            max,
            interval: period / max,
        }
    }

    /// Returns the count of `key`.
    pub(super) fn count(&self, key: &K, now: Duration) -> u32 {
        let left = self.left(key, now).as_nanos();
        let count = left.div_ceil(self.interval.as_nanos().max(1));
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Returns the time until the count is below `max`; `None` if it is now.
    pub(super) fn wait(&self, key: &K, now: Duration) -> Option<Duration> {
        let allowed = self.interval * (self.max - 1);
        self.left(key, now)
            .checked_sub(allowed)
            .filter(|wait| !wait.is_zero())
    }

    /// Counts one more event, up to `max`.
    pub(super) fn add(&mut self, key: K, now: Duration) {
        let left = self.left(&key, now) + self.interval;
        let left = left.min(self.interval * self.max);
        self.zero_at.put(key, now + left);
        if self.zero_at.len() > MAX_KEYS {
            self.zero_at.pop_lru();
        }
    }

    /// Refunds one event.
    pub(super) fn refund(&mut self, key: &K) {
        if let Some(zero_at) = self.zero_at.peek_mut(key) {
            *zero_at = zero_at.saturating_sub(self.interval);
        }
    }

    /// Returns the time until the count reaches zero.
    fn left(&self, key: &K, now: Duration) -> Duration {
        let zero_at = self.zero_at.peek(key);
        zero_at.map_or(Duration::ZERO, |at| at.saturating_sub(now))
    }
}

/// About 10 MB; the same number as for the limits of tokens.
const MAX_KEYS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn counts_decay_and_can_be_refunded() {
        let mut counter = DecayingCounter::new(3, MINUTE * 3);
        for count in 0..3 {
            assert_eq!(counter.count(&'a', MINUTE), count);
            assert_eq!(counter.wait(&'a', MINUTE), None);
            counter.add('a', MINUTE);
        }
        assert_eq!(counter.wait(&'a', MINUTE), Some(MINUTE));
        assert_eq!(counter.count(&'b', MINUTE), 0);
        counter.add('a', MINUTE);
        assert_eq!(counter.count(&'a', MINUTE), 3, "above the maximum");
        counter.refund(&'a');
        assert_eq!(counter.wait(&'a', MINUTE), None);
        assert_eq!(counter.count(&'a', MINUTE * 2), 1);
        assert_eq!(counter.count(&'a', MINUTE * 9), 0);
        counter.refund(&'a');
        counter.refund(&'b');
        assert_eq!(counter.count(&'a', MINUTE * 9), 0);
    }

    #[test]
    fn the_number_of_keys_in_memory_is_bounded() {
        let mut counter = DecayingCounter::new(1, MINUTE);
        for key in 0..1_000_000_u32 {
            counter.add(key, Duration::ZERO);
        }
        assert_eq!(counter.zero_at.len(), MAX_KEYS);
        assert_eq!(counter.count(&999_999, Duration::ZERO), 1);
    }
}
