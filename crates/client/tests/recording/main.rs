//! Recordings with the emulator, over TCP and over TLS.

mod cases;
mod every_sample;
mod listening;
mod sources;
mod stage;
mod stories;
