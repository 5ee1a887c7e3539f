//! The microphone, against private sound servers that play noise.
#![cfg(all(target_os = "linux", feature = "microphone"))]

mod played;
mod server;
mod sound;
