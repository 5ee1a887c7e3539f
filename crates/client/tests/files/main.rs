//! Files and pipes as sources.
#![cfg(feature = "files")]

#[cfg(feature = "sound")]
mod compressed;
mod corrupt;
#[cfg(feature = "sound")]
mod damaged;
mod errors;
mod m4a;
mod pace;
mod pauses;
mod pipes;
mod raw;
mod sound;
#[cfg(feature = "sound")]
mod sox;
mod truncated;
mod wav;
