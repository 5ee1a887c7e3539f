#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod check;
pub mod cli;
pub mod devices;
mod finals;
pub mod log;
mod order;
pub mod output;
mod recordings;
pub mod run;
pub mod screen;
mod text;
mod track;
pub mod wording;
mod writer;

pub use check::check;
pub use recordings::Recordings;
pub use text::printable;
pub use track::{Origin, Side, Track};
