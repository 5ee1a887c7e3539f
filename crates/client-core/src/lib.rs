#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

pub mod audio;
mod moment;
pub mod problem;
pub mod recording;
pub mod session;
mod sign_in;

pub use moment::Moment;
pub use sign_in::is_sign_in;
