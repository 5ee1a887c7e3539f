//! Sums in wasm's vector registers.
//!
//! The instructions are named and not left to the compiler: linking with `opt-level = "z"` switches
//! its own vectorising off for every crate, which makes the filter several times slower.

use core::arch::wasm32::{f32x4, f32x4_add, f32x4_extract_lane, f32x4_mul, v128};

use super::LANES;

#[derive(Clone, Copy)]
pub(super) struct Sums([v128; LANES / 4]);

impl Sums {
    pub(super) const ZERO: Self = Self([f32x4(0.0, 0.0, 0.0, 0.0); LANES / 4]);

    #[inline]
    pub(super) fn add_products(&mut self, a: &[f32; LANES], b: &[f32; LANES]) {
        let ((a, _), (b, _)) = (a.as_chunks(), b.as_chunks());
        for ((sum, a), b) in self.0.iter_mut().zip(a).zip(b) {
            *sum = f32x4_add(*sum, f32x4_mul(load(a), load(b)));
        }
    }

    #[inline]
    pub(super) fn lanes(self) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        for (lanes, sum) in lanes.chunks_exact_mut(4).zip(self.0) {
            lanes[0] = f32x4_extract_lane::<0>(sum);
            lanes[1] = f32x4_extract_lane::<1>(sum);
            lanes[2] = f32x4_extract_lane::<2>(sum);
            lanes[3] = f32x4_extract_lane::<3>(sum);
        }
        lanes
    }
}

/// Four neighbours become one vector load.
#[inline]
fn load(samples: &[f32; 4]) -> v128 {
    f32x4(samples[0], samples[1], samples[2], samples[3])
}
