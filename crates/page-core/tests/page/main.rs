//! The page's state machine: what leads to what.

mod back;
mod leaving;
mod microphone;
mod problems;
mod start;
mod support;
mod transcript;
