#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod console;
pub mod dom;
mod error;
mod listener;
mod spawn;

pub use self::{
    console::{info, ok_or_warn, warn, warn_error},
    error::BrowserError,
    listener::Listener,
    spawn::spawn,
};
