//! Tests in real browsers, with the real server, the emulated service, and real sound.
//!
//! They are one program, so that tests with sound in real time run one after another.

#![expect(clippy::print_stdout, reason = "prints what it measured")]

mod announcer;
mod audio_paused;
mod button;
mod captured;
mod controls;
mod copy;
mod counted;
mod crash;
mod device;
mod early_press;
mod every_sample;
mod following;
mod forced_colours;
mod foreign_errors;
mod forgotten;
mod from_the_click;
mod frozen;
mod geometry;
mod hand_over;
mod hum;
mod invitation;
mod last_words;
mod late_thread;
mod late_worklet;
mod leave_question;
mod leaving;
mod loaded_once;
mod loopback;
mod microphone_lost;
mod muted;
mod notice;
mod odd_messages;
mod original;
mod outages;
mod panics;
mod paused;
mod policy;
mod prefix;
mod problems;
mod recipes;
mod reconnect;
mod recording_lock;
mod right_to_left;
mod same_bits;
mod screenshots;
mod secrets;
mod settings;
mod sign_in;
mod silent_microphone;
mod slow_network;
mod support;
mod suspended;
mod tone_story;
mod tones;
mod transcript;
mod unloaded;
mod verdict;
mod wait;
mod wake_lock;
mod words;
