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
mod page_config;
mod parameters;
mod server_message;
mod speech_model;
mod token;

pub use begin_report::BeginReport;
pub use client_message::{ClientMessage, ClientMessageError, TERMINATE, UpdateConfiguration};
pub use close::{Advice, Closure, RATE_LIMIT_WAIT_SECS};
pub use envelope::{ErrorCode, ErrorEnvelope};
pub use json::{Json, NotJson};
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

/// The only sample rate Inturn sends, in Hz: the service's default and its models' own.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Bounds of one binary audio frame, in milliseconds of audio, both included.
///
/// Outside them the service ends the session with 3007.
pub const FRAME_MS: std::ops::RangeInclusive<u32> = 50..=1000;

/// The largest WebSocket message the service takes, in bytes; above it the session ends with 1009.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// The longest session, in seconds, and the token endpoint's default cap.
pub const MAX_SESSION_SECS: u32 = 10_800;
