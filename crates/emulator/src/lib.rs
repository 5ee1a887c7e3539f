//! A faithful stand-in for the v3 streaming service, for tests and for use without an API key.
//!
//! [`Emulator::router`] serves the token endpoint and the socket. The emulator is strict: what the
//! real service refuses, it refuses, in the same words. What a session sent and how it ended is
//! written down ([`Emulator::sessions`]), and whatever can go wrong can be made to
//! ([`Emulator::set_faults`]). The crate's README has the flags, the faults, and which side was taken
//! where the service's papers disagree.

mod admission;
mod clock;
mod delays;
mod ears;
mod emulator;
mod faults;
mod forms;
mod frames;
mod limiter;
mod options;
mod owners;
mod parameters;
mod recogniser;
mod record;
mod refusal;
mod service;
mod session;
mod session_log;
mod socket;
mod text;
mod token_endpoint;
mod tokens;
mod turns;
mod vad;

pub use delays::Delays;
pub use emulator::Emulator;
pub use faults::{Fault, Faults, FaultsError, Rule};
pub use forms::FormattedForm;
pub use options::{Limits, Options, OptionsError};
pub use owners::TokenOwner;
pub use recogniser::{
    HeardWord, PocketSphinxPaths, Recogniser, RecogniserChoice, RecogniserKind, RecogniserSource,
    Voice,
};
pub use session_log::{Closed, ClosedBy, FrameLog, FrameRun, LoggedError, SessionLog};
