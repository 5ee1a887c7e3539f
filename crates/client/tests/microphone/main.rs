//! The microphone, against private sound servers that play noise.
#![cfg(all(target_os = "linux", feature = "microphone"))]

mod arecord;
mod choice;
mod events;
mod overrun;
mod played;
mod server;
mod sound;
