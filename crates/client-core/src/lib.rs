//! The recording: its audio, its sessions and its transcript, without a browser, a clock or I/O.
//!
//! [`audio`] turns the microphone's blocks into the service's chunks. [`session`] decides what a
//! recording does next. [`recording`] puts what the service says on the recording's timeline and into
//! its transcript. [`problem`] lists what can go wrong.
//!
//! Time comes in as [`Moment`]; effects go out as values. The words for people are in `page-core`.

pub mod audio;
mod moment;
pub mod problem;
pub mod recording;
pub mod session;
mod sign_in;

pub use moment::Moment;
pub use sign_in::is_sign_in;
