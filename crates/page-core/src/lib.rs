#![doc = include_str!("../README.md")]

mod clock;
mod configuration;
mod document;
pub mod messages;
pub mod page;
pub mod settings;
pub mod view;
pub mod wording;

pub use configuration::configuration;
pub use document::{Document, EntryChange, RowId};
