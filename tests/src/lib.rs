//! Shared parts of the tests across crates: the real server and service, real browsers, recorded
//! voices for their microphones, and measurements on the received audio.

pub mod browser;
mod capture;
pub mod front;
pub mod machine;
pub mod network;
pub mod page;
mod priority;
pub mod proxy;
pub mod pulse;
pub mod signal;
pub mod sinc;
pub mod sound;
pub mod speech;
pub mod stage;
pub mod tap;
pub mod weight;
