//! Benchmarks that run in separate processes, and test signals.
//!
//! The bench and the tests of the audio path use the signals to measure resamplers by their output.
//! `benches/` contains native benches for criterion. In builds for wasm, `pipeline` is a module
//! that a browser runs.

mod fit;
#[cfg(target_family = "wasm")]
pub mod pipeline;
mod quality;
mod signal;

pub use fit::{Fit, fit_sine};
pub use quality::{Quality, int16_excess_db, pass_band_hz, quality};
pub use signal::{OUTPUT_RATE_HZ, decibels, noise, rms, sine, steady, steps};
