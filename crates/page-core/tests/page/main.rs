//! The page's state machine: effects of each input.

mod guard;
mod hold;
mod interruption;
mod leaving;
mod microphone;
mod pause;
mod problems;
mod recording_lock;
mod reopening;
mod restoring;
mod screen;
mod silence;
mod sound;
mod start;
mod support;
mod transcript;
