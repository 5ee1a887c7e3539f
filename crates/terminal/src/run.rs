//! Runs a recording: from its source, through the client, to the screen and the output.

mod local;
mod signals;

pub use self::{
    local::{LocalError, LocalService},
    signals::{Asked, Signals},
};
