//! Files and pipes as sources.
#![cfg(feature = "files")]

mod compressed;
mod damaged;
mod errors;
mod pace;
mod pauses;
mod pipes;
mod raw;
mod sound;
mod wav;
