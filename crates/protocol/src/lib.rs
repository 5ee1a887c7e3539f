#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod begin_report;
mod client_message;
mod close;
mod decode;
mod envelope;
mod json;
mod lenient;
mod limits;
mod page_config;
mod parameters;
mod server_message;
mod speech_model;
mod token;

pub use begin_report::BeginReport;
pub use client_message::{ClientMessage, ClientMessageError, TERMINATE, UpdateConfiguration};
pub use close::CloseCause;
pub use decode::{DecodeError, Decoded};
pub use envelope::{ErrorCode, ErrorEnvelope};
pub use json::{Json, JsonParser, NotJson};
pub use limits::{FRAME_MS, MAX_MESSAGE_BYTES, MAX_SESSION_SECS, SAMPLE_RATE_HZ};
pub use page_config::{CaptureConfig, LocalService, PageConfig, SessionCost};
pub use parameters::{
    ConnectionParameters, Encoding, ParameterError, RedactionStyle, TurnMode, VoiceFocus,
};
pub use server_message::{
    Begin, Configuration, ErrorMessage, Heartbeat, LlmGatewayResponse, ServerMessage, Silence,
    SpeakerRevision, SpeechStarted, Termination, Turn, TurnRevision, Warning, Word,
};
pub use speech_model::{Family, SpeechModel};
pub use token::{PAGE_HOST_HEADER, SIGN_IN_COOKIES, TokenReply};
