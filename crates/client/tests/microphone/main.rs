//! The microphone: against private sound servers that play noise, and against a script in place of
//! `arecord`.
#![cfg(all(target_os = "linux", feature = "microphone"))]

mod arecord;
mod captured;
#[cfg(feature = "sound")]
mod choice;
#[cfg(feature = "sound")]
mod events;
mod no_sound;
#[cfg(feature = "sound")]
mod overrun;
#[cfg(feature = "sound")]
mod played;
mod script;
#[cfg(feature = "sound")]
mod sound;
