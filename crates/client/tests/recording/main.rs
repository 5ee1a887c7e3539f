//! Recordings with the emulator, over TCP and over TLS.

mod cases;
mod desk;
mod endings;
mod every_sample;
mod proxies;
mod real_server;
mod server_tokens;
mod sources;
mod stage;
mod stories;
