//! A run with two recordings at the same time, against the emulator.
#![cfg(unix)]

#[cfg(all(target_os = "linux", feature = "sound"))]
mod devices;
mod outputs;
mod runs;
mod stage;
