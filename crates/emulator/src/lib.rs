#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod admission;
mod audio_recorder;
mod clock;
mod delays;
mod emulator;
mod faults;
mod frames;
mod limiter;
mod options;
mod owners;
mod parameters;
mod recogniser;
mod recogniser_task;
mod refusal;
mod service;
mod session;
mod session_log;
mod socket;
mod text;
mod token_endpoint;
mod tokens;
mod turn_encoder;
mod turns;
mod usage;
mod vad;

pub use self::{
    delays::Delays,
    emulator::Emulator,
    faults::{Fault, Faults, FaultsError, MessageKind, Rule},
    options::{Options, OptionsError, ServiceLimits},
    owners::TokenOwner,
    recogniser::{
        MoonshinePaths, PocketSphinxPaths, RecognisedWord, Recogniser, RecogniserChoice,
        RecogniserKind, RecogniserSource, TONE_WORDS, ToneSpeech, ToneWord, Voice,
    },
    session_log::{Closed, ClosedBy, FrameLog, FrameRun, LoggedError, SessionLog},
    turn_encoder::FormattedForm,
    usage::Usage,
};
