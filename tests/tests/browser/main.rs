//! A real Chromium on the real server and service, with real sound for its microphone.
//!
//! One program, so that the tests play one after the other: each plays sound in real time.

mod button;
mod controls;
mod crash;
mod every_sample;
mod last_words;
mod leaving;
mod original;
mod panics;
mod policy;
mod prefix;
mod problems;
mod same_bits;
mod screenshots;
mod secrets;
mod settings;
mod support;
mod transcript;
mod words;
