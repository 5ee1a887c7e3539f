//! The inner loop of the filter: the sum of products.

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

/// The sum of products of two slices of whole [`LANES`], in an order that is the same on every
/// machine, so that its bits are too.
pub(super) fn dot(window: &[f32], row: &[f32]) -> f32 {
    let (windows, _) = window.as_chunks();
    let (rows, _) = row.as_chunks();
    let mut sums = Sums::ZERO;
    for (window, row) in windows.iter().zip(rows) {
        sums.add_products(window, row);
    }
    sums.total()
}
