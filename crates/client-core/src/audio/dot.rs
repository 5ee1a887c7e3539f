//! The inner loop of the filter: the dot product.

mod lanes;
#[cfg_attr(
    all(target_arch = "wasm32", target_feature = "simd128"),
    path = "dot/simd128.rs"
)]
#[cfg_attr(
    not(all(target_arch = "wasm32", target_feature = "simd128")),
    path = "dot/portable.rs"
)]
mod sums;

pub(super) use lanes::LANES;
use sums::Sums;

/// Returns the dot product of two slices whose length is a multiple of [`LANES`]. The order of the
/// additions is the same on every machine, so the result is bit-identical too.
pub(super) fn dot(window: &[f32], row: &[f32]) -> f32 {
    let (windows, _) = window.as_chunks();
    let (rows, _) = row.as_chunks();
    let mut sums = Sums::ZERO;
    for (window, row) in windows.iter().zip(rows) {
        sums.add_products(window, row);
    }
    sums.total()
}
