#![doc = include_str!("../README.md")]

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
mod vad;

pub use delays::Delays;
pub use emulator::Emulator;
pub use faults::{Fault, Faults, FaultsError, Rule};
pub use options::{Options, OptionsError, ServiceLimits};
pub use owners::TokenOwner;
pub use recogniser::{
    PocketSphinxPaths, RecognisedWord, Recogniser, RecogniserChoice, RecogniserKind,
    RecogniserSource, Voice,
};
pub use session_log::{Closed, ClosedBy, FrameLog, FrameRun, LoggedError, SessionLog};
pub use turn_encoder::FormattedForm;
