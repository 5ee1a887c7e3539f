//! Runs a recording: from its source, through the client, to the screen and the output.

mod display;
mod event_loop;
mod failure;
mod lane;
mod listen;
mod local;
mod outputs;
mod patience;
mod signals;
mod silence;
mod source;
mod transcriber;
mod tty;

pub use self::{
    failure::Failure,
    listen::{listen, listen_to},
    local::LocalService,
    source::{Prepared, Started},
    transcriber::Transcriber,
};
