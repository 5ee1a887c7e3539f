//! What crosses a process border, and nothing else.
//!
//! Three borders meet here: the v3 streaming socket ([`ServerMessage`], [`ClientMessage`],
//! [`ConnectionParameters`], [`Closure`]), our own token route ([`TokenReply`], [`ErrorEnvelope`])
//! and the page's start ([`PageConfig`]). Types and their wire forms only: no I/O and no clock.
//!
//! Decoding is lenient where the service may grow (unknown types, unknown fields, missing optional
//! fields, `null`, optional fields of another type), because one odd message must never end a
//! recording, and one odd field must never lose a message. Encoding is exact.

mod begin_report;
mod client_message;
mod close;
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
pub use close::Closure;
pub use envelope::{ErrorCode, ErrorEnvelope};
pub use json::{Json, NotJson};
pub use limits::{FRAME_MS, MAX_MESSAGE_BYTES, MAX_SESSION_SECS, SAMPLE_RATE_HZ};
pub use page_config::{CaptureConfig, LocalService, PageConfig};
pub use parameters::{
    ConnectionParameters, Encoding, ParameterError, RedactionStyle, TurnMode, VoiceFocus,
};
pub use server_message::{
    Begin, Configuration, DecodeError, Decoded, ErrorMessage, Heartbeat, LlmGatewayResponse,
    ServerMessage, Silence, SpeakerRevision, SpeechStarted, Termination, Turn, TurnRevision,
    Warning, Word,
};
pub use speech_model::{Family, SpeechModel};
pub use token::{PAGE_HOST_HEADER, TokenReply};
