//! The program itself, against the emulator.
#![cfg(unix)]

mod audio;
mod exit_status;
mod files;
mod in_terminal;
#[cfg(all(target_os = "linux", feature = "sound"))]
mod microphone;
mod output;
mod pipe;
mod program;
#[path = "../output/reader.rs"]
mod reader;
#[path = "../screen/rows.rs"]
mod rows;
mod secrets;
mod server;
mod shown;
mod stage;
mod stopping;
mod streams;
