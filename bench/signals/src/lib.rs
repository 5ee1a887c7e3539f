//! Test signals, and what is measured on them once they are at 16 kHz.
//!
//! The tests of the audio path and the bench use the same, on anything that resamples: it is asked
//! for nothing but its output.

mod fit;
mod quality;
mod signal;

pub use fit::{Fit, fit_sine};
pub use quality::{Quality, int16_excess_db, pass_band_hz, quality};
pub use signal::{OUTPUT_RATE_HZ, decibels, noise, rms, sine, steady, steps};
