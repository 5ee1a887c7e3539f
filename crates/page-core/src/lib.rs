#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod clock;
mod configuration;
mod document;
pub mod edits;
pub mod export;
pub mod find;
mod follower;
mod kind;
pub mod messages;
pub mod page;
pub mod settings;
mod sleep_clock;
pub mod view;
pub mod wording;

pub use configuration::configuration;
pub use document::{Document, EntryChange, RowId};
pub use follower::{Followed, Follower};
pub use kind::Kind;
pub use sleep_clock::{MIN_SLEEP_MS, SleepClock};
