//! All sentences about a recording, for a person at a terminal.

mod exit_status;
mod problem;
mod row;
mod service;
mod source;
mod state;

pub use self::{
    exit_status::ExitStatus,
    problem::Wording,
    state::{
        STOPPING, cost, dropped, idle_countdown, sessions_notice, sound_line, state_line,
        state_name,
    },
};
