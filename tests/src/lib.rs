//! What the tests across the crates share: a stage with the real server and service, a real
//! browser, voices for its microphone, and measures for what came out at the other end.

pub mod browser;
pub mod front;
mod keeping;
pub mod machine;
pub mod network;
pub mod page;
pub mod proxy;
pub mod pulse;
pub mod signal;
pub mod sinc;
pub mod sound;
pub mod speech;
pub mod stage;
pub mod tap;
pub mod weight;
