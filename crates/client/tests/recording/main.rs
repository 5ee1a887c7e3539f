//! Recordings with the emulator, over TCP and over TLS.

mod listening;
mod sources;
mod stage;
mod stories;
