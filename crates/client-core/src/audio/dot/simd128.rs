//! Partial sums in wasm's vector registers.
//!
//! This module uses explicit SIMD instructions, because linking with `opt-level = "z"` disables
//! auto-vectorisation for every crate, which makes the filter several times slower. For the same
//! reason there is no loop over the registers: at that level the compiler does not unroll it, and
//! the sums go through memory at every step.

use core::arch::wasm32::{f32x4, f32x4_add, f32x4_extract_lane, f32x4_mul, v128};

use super::lanes::LANES;

#[derive(Clone, Copy)]
pub(super) struct Sums(v128, v128, v128, v128);

impl Sums {
    pub(super) const ZERO: Self = Self(SILENCE, SILENCE, SILENCE, SILENCE);

    #[inline]
    pub(super) fn add_products(&mut self, a: &[f32; LANES], b: &[f32; LANES]) {
        self.0 = f32x4_add(self.0, f32x4_mul(load::<0>(a), load::<0>(b)));
        self.1 = f32x4_add(self.1, f32x4_mul(load::<4>(a), load::<4>(b)));
        self.2 = f32x4_add(self.2, f32x4_mul(load::<8>(a), load::<8>(b)));
        self.3 = f32x4_add(self.3, f32x4_mul(load::<12>(a), load::<12>(b)));
    }

    /// Adds up the lanes in the same order as `portable.rs`.
    #[inline]
    pub(super) fn total(self) -> f32 {
        let (first, second) = (f32x4_add(self.0, self.2), f32x4_add(self.1, self.3));
        f32x4_extract_lane::<0>(first)
            + f32x4_extract_lane::<1>(first)
            + f32x4_extract_lane::<2>(first)
            + f32x4_extract_lane::<3>(first)
            + f32x4_extract_lane::<0>(second)
            + f32x4_extract_lane::<1>(second)
            + f32x4_extract_lane::<2>(second)
            + f32x4_extract_lane::<3>(second)
    }
}

/// Loads four adjacent samples; compiles to one vector load.
#[inline]
fn load<const AT: usize>(samples: &[f32; LANES]) -> v128 {
    f32x4(
        samples[AT],
        samples[AT + 1],
        samples[AT + 2],
        samples[AT + 3],
    )
}

const SILENCE: v128 = f32x4(0.0, 0.0, 0.0, 0.0);
