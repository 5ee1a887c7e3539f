#![doc = include_str!("../README.md")]

pub mod audio;
mod moment;
pub mod problem;
pub mod recording;
pub mod session;
mod sign_in;

pub use moment::Moment;
pub use sign_in::is_sign_in;
