#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

#[cfg(feature = "microphone")]
mod capture;
mod clock;
mod events;
#[cfg(feature = "files")]
mod file;
mod inbox;
mod intake;
#[cfg(feature = "microphone")]
mod microphone;
mod options;
mod recording;
mod shell;
mod socket;
mod source;
mod tokens;

#[cfg(feature = "microphone")]
pub use capture::{DeviceChoice, DeviceInfo, SoundSystem};
pub use events::Events;
#[cfg(feature = "files")]
pub use file::{Encoding, FileProgress, FileSource, Pace, RawFormat};
pub use inturn_client_core::{
    audio::ChunkLength,
    problem::{MicrophoneFailure, Problem, TokenFailure},
    recording::{RecordingId, RecordingInfo},
    session::{Awaited, Device, Event, Hold, LevelReading, Outage, Progress, Sound, State},
};
pub use inturn_protocol as protocol;
pub use inturn_service as service;
pub use inturn_transcript as transcript;
#[cfg(feature = "microphone")]
pub use microphone::{Microphone, devices};
pub use options::Options;
pub use recording::{Recording, RecordingHandle};
pub use rustls;
pub use source::{AudioStream, AudioWriter, OpenError, Piece, Source, StopRequested};
pub use tokens::{HeaderError, ServerTokens, ServiceTokens, SignInError, Tokens};
