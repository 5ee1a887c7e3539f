//! What the bench measures in a process of its own, and test signals.
//!
//! The signals and the measures on them are used by the tests of the audio path and by the bench, on
//! anything that resamples: only its output is needed. `benches/` holds native benches for criterion.
//! For wasm, `pipeline` is a module that a browser runs.

mod fit;
#[cfg(target_family = "wasm")]
pub mod pipeline;
mod quality;
mod signal;

pub use fit::{Fit, fit_sine};
pub use quality::{Quality, int16_excess_db, pass_band_hz, quality};
pub use signal::{OUTPUT_RATE_HZ, decibels, noise, rms, sine, steady, steps};
