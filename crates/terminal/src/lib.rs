#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

pub mod cli;
mod finals;
pub mod output;
mod recordings;
pub mod run;
pub mod screen;
mod text;
pub mod wording;

pub use recordings::Recordings;
pub use text::printable;
