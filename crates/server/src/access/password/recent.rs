//! A count for each of many keys that fades with time.

use std::{hash::Hash, time::Duration};

use lru::LruCache;

/// Counts events by key: up to `most` of them, of which one is forgotten each `interval`.
///
/// Memory is bounded: the keys that were used longest ago are forgotten first.
pub(super) struct Recent<K: Eq + Hash> {
    /// When everything that was counted for a key will be forgotten.
    forgotten_at: LruCache<K, Duration>,
    most: u32,
    interval: Duration,
}

impl<K: Eq + Hash> Recent<K> {
    /// `most` events in each `period`.
    pub(super) fn new(most: u32, period: Duration) -> Self {
        let most = most.max(1);
        Self {
            // Bounded below: a bound of its own would allocate its room at once.
            forgotten_at: LruCache::unbounded(),
            most,
            interval: period / most,
        }
    }

    /// How many are counted for `key`.
    pub(super) fn count(&self, key: &K, now: Duration) -> u32 {
        let left = self.left(key, now).as_nanos();
        let count = left.div_ceil(self.interval.as_nanos().max(1));
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// How long until there is room for one more; `None` if there is room now.
    pub(super) fn wait(&self, key: &K, now: Duration) -> Option<Duration> {
        let room = self.interval * (self.most - 1);
        self.left(key, now)
            .checked_sub(room)
            .filter(|wait| !wait.is_zero())
    }

    /// Counts one more; `most` stay `most`.
    pub(super) fn add(&mut self, key: K, now: Duration) {
        let left = self.left(&key, now) + self.interval;
        let left = left.min(self.interval * self.most);
        self.forgotten_at.put(key, now + left);
        if self.forgotten_at.len() > MAX_KEYS {
            self.forgotten_at.pop_lru();
        }
    }

    /// Takes back one that was counted.
    pub(super) fn give_back(&mut self, key: &K) {
        if let Some(forgotten_at) = self.forgotten_at.peek_mut(key) {
            *forgotten_at = forgotten_at.saturating_sub(self.interval);
        }
    }

    fn left(&self, key: &K, now: Duration) -> Duration {
        let forgotten_at = self.forgotten_at.peek(key);
        forgotten_at.map_or(Duration::ZERO, |at| at.saturating_sub(now))
    }
}

/// As many as the limits of tokens remember, in about 10 MB.
const MAX_KEYS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn counts_fade_and_can_be_given_back() {
        let mut recent = Recent::new(3, MINUTE * 3);
        for count in 0..3 {
            assert_eq!(recent.count(&'a', MINUTE), count);
            assert_eq!(recent.wait(&'a', MINUTE), None);
            recent.add('a', MINUTE);
        }
        assert_eq!(recent.wait(&'a', MINUTE), Some(MINUTE));
        assert_eq!(recent.count(&'b', MINUTE), 0);
        recent.add('a', MINUTE);
        assert_eq!(recent.count(&'a', MINUTE), 3, "more than the most");
        recent.give_back(&'a');
        assert_eq!(recent.wait(&'a', MINUTE), None);
        assert_eq!(recent.count(&'a', MINUTE * 2), 1);
        assert_eq!(recent.count(&'a', MINUTE * 9), 0);
        recent.give_back(&'a');
        recent.give_back(&'b');
        assert_eq!(recent.count(&'a', MINUTE * 9), 0);
    }

    #[test]
    fn a_million_keys_are_not_all_remembered() {
        let mut recent = Recent::new(1, MINUTE);
        for key in 0..1_000_000_u32 {
            recent.add(key, Duration::ZERO);
        }
        assert_eq!(recent.forgotten_at.len(), MAX_KEYS);
        assert_eq!(recent.count(&999_999, Duration::ZERO), 1);
    }
}
