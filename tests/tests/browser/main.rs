//! Tests in real browsers, with the real server, the emulated service, and real sound.
//!
//! They are one program, so that tests with sound in real time run one after another.

#![expect(clippy::print_stdout, reason = "prints what it measured")]

mod accessibility;
mod announcer;
mod audio_paused;
mod button;
mod captured;
mod continued;
mod controls;
mod copy;
mod counted;
mod crash;
mod deleted_elsewhere;
mod device;
mod early_press;
mod editing;
mod editing_keys;
mod editing_stored;
mod every_sample;
mod export_copy;
mod export_files;
mod export_loading;
mod export_menu;
mod export_scene;
mod finding;
mod following;
mod forced_states;
mod foreign_errors;
mod forgotten;
mod from_the_click;
mod frozen;
/// The documents of the tests of exports.
#[path = "../../../crates/transcript/tests/export/generator.rs"]
mod generator;
mod geometry;
mod hand_over;
mod history;
mod hum;
mod interrupted;
mod invitation;
mod kept_after_a_kill;
mod kept_audio;
mod kept_file;
mod keyboard;
mod last_words;
mod late_thread;
mod late_worklet;
mod leave_question;
mod leaving;
mod loaded_once;
mod looks;
mod loopback;
mod microphone_lost;
mod muted;
mod new_transcript;
mod notice;
mod odd_messages;
mod opened_file;
mod original;
mod outages;
mod page_states;
mod panics;
mod paused;
mod policy;
mod prefix;
mod print;
mod problems;
#[path = "../../../crates/transcript/tests/export/random.rs"]
mod random;
mod recipes;
mod recognised;
mod reconnect;
mod recording_lock;
mod right_to_left;
mod same_bits;
mod secrets;
mod selecting;
mod settings;
mod sign_in;
mod silent_microphone;
mod slow_network;
mod stored;
mod support;
mod suspended;
mod times_of_day;
mod tone_story;
mod tones;
mod transcript;
mod two_tabs;
mod unicode;
mod unloaded;
mod verdict;
mod wait;
mod wake_lock;
