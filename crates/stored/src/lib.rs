#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod failure;
mod frame;
pub mod history;
mod keep;
mod messages;
mod name;
mod record;
mod recording;
mod replay;
mod retention;

pub use failure::StorageFailure;
pub use keep::{completed, recordings_of};
pub use messages::{decode_for_follower, message};
pub use name::{file_name, info_of_name};
pub use record::Record;
pub use recording::{StoredRecording, Unreadable, VERSION};
pub use retention::{Listed, Retention, Use};
