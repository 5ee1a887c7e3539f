//! A real Chromium on the real server and service, with real sound for its microphone.
//!
//! One program, so that the tests play one after the other: each plays sound in real time.

mod words;
mod every_sample;
mod last_words;
mod problems;
mod crash;
mod secrets;
mod prefix;
mod original;
mod redraw;
