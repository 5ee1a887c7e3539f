//! A run with two recordings at the same time, against the emulator.
#![cfg(unix)]

mod outputs;
mod runs;
mod stage;
