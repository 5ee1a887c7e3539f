//! The recording, its turns, its audio and its words for people, with no browser in sight.
//!
//! [`audio`] turns the microphone's blocks into the service's chunks. [`session`] decides what a
//! recording does next. [`turns`] keeps what was said. [`capture`] is how the browser is to process
//! the sound. [`problem`] and [`view`] hold every sentence a person may read. [`bridge`] is what the
//! two browser shells say to each other.
//!
//! Time comes in as [`Moment`]; effects go out as values. Nothing here asks a platform.

pub mod audio;
pub mod bridge;
pub mod capture;
mod clock;
mod moment;
pub mod problem;
pub mod session;
pub mod turns;
pub mod view;

pub use moment::Moment;
