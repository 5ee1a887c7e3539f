#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod change;
mod entry;
mod gap;
mod session;
mod transcript;
mod turn;
mod words;

pub use change::Change;
pub use entry::{Entry, EntryId, Touched};
pub use gap::{Gap, GapReason};
pub use session::{Session, SessionEnd};
pub use transcript::Transcript;
pub use turn::{Turn, TurnId, TurnState};
pub use words::{Word, Words};
