//! Runs a recording: from its source, through the client, to the screen and the output.

mod display;
mod failure;
mod listen;
mod local;
mod outputs;
mod signals;
mod source;
mod transcriber;
mod tty;

pub use self::{
    failure::Failure,
    listen::listen,
    local::{LocalError, LocalService},
    source::Prepared,
    transcriber::Transcriber,
};
