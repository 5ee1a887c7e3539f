//! Random numbers that depend on a seed only. Strategies of proptest would take minutes for
//! documents of this size.

pub(crate) struct Random(fastrand::Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Returns a number from `from` to `to`, both included.
    pub(crate) fn range(&mut self, from: u32, to: u32) -> u32 {
        self.0.u32(from..=to)
    }

    /// Returns `true` in `percent` of all cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.range(1, 100) <= percent
    }

    /// Returns one of `items`.
    pub(crate) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.range(0, items.len() as u32 - 1) as usize].clone()
    }

    /// Returns `Some` in half of all cases.
    pub(crate) fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(50).then(|| value(self))
    }

    /// Returns `from` to `to` of these letters.
    pub(crate) fn letters(&mut self, letters: &[char], from: u32, to: u32) -> String {
        let count = self.range(from, to);
        (0..count).map(|_| self.pick(letters)).collect()
    }
}
