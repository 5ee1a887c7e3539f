//! Tests of the emulator with a simple client over loopback sockets, one behaviour per test.

mod binary;
mod cases;
mod client;
mod control_messages;
mod credentials;
mod delays;
mod faults;
mod frames;
mod languages;
mod models;
// Linux lists processes in a folder, and the tests look there.
#[cfg(all(target_os = "linux", feature = "moonshine"))]
mod moonshine;
mod owners;
mod parameters;
mod pipe;
mod pocketsphinx;
mod records;
// The libraries are installed on Linux only.
#[cfg(all(target_os = "linux", feature = "sdk"))]
mod sdk;
mod session;
mod sound;
mod speakers;
mod timers;
mod token_endpoint;
mod tones;
mod turns_universal_3;
mod turns_us;
