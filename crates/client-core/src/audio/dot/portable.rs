//! Partial sums in plain Rust; the compiler may vectorise them.

use super::lanes::LANES;

#[derive(Clone, Copy)]
pub(super) struct Sums([f32; LANES]);

impl Sums {
    pub(super) const ZERO: Self = Self([0.0; LANES]);

    #[inline]
    pub(super) fn add_products(&mut self, a: &[f32; LANES], b: &[f32; LANES]) {
        for lane in 0..LANES {
            self.0[lane] += a[lane] * b[lane];
        }
    }

    /// Adds the upper half to the lower half, then adds up the lanes of the result in order.
    #[inline]
    pub(super) fn total(self) -> f32 {
        let (low, high) = self.0.split_at(LANES / 2);
        low.iter().zip(high).map(|(low, high)| low + high).sum()
    }
}
