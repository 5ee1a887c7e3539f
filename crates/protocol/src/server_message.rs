//! The service's messages: one JSON object per text frame, distinguished by `type`.

use serde::{Deserialize, Serialize};

use crate::{
    json::Json,
    lenient::{self, index, items, or_default, whole, whole_u32},
};

/// A message from the service.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum ServerMessage {
    /// The session was accepted. Always the first message.
    Begin(Begin),
    /// Speech began (Universal-3 family only).
    SpeechStarted(SpeechStarted),
    /// The complete current content of a turn. The same turn is sent many times.
    Turn(Turn),
    /// The last message of a session that the client ended with `Terminate`.
    Termination(Termination),
    /// The reason why the socket is about to close.
    Error(ErrorMessage),
    /// A warning; the session goes on.
    Warning(Warning),
    /// A heartbeat, if requested.
    Heartbeat(Heartbeat),
    /// A period without speech, if requested.
    Silence(Silence),
    /// Improved speaker labels for earlier turns.
    SpeakerRevision(SpeakerRevision),
    /// A language model's response to a turn, if requested.
    #[serde(rename = "LLMGatewayResponse")]
    LlmGatewayResponse(LlmGatewayResponse),
    /// A message of unknown type, with its name. Log it once and ignore it.
    #[serde(skip)]
    Unknown(String),
    /// A message that [`ServerMessage::decode_for_client`] does not decode, because the client
    /// ignores it.
    #[serde(skip)]
    Ignored,
}

/// See [`ServerMessage::Begin`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Begin {
    /// The session's id, a UUID. The service's support asks for it.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// When the service will end the session, in Unix seconds.
    #[serde(deserialize_with = "whole")]
    pub expires_at: u64,
    /// An echo of our parameters. Older servers omit it.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub configuration: Option<Configuration>,
}

/// The eight settings that `Begin` echoes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Configuration {
    /// The model in use.
    #[serde(deserialize_with = "or_default")]
    pub model: Option<String>,
    /// The turn-detection preset; `null` outside the Universal-3 family.
    #[serde(deserialize_with = "or_default")]
    pub mode: Option<String>,
    /// The version of the interface, a date.
    #[serde(deserialize_with = "or_default")]
    pub api_version: Option<String>,
    /// Whether speakers are labelled.
    #[serde(deserialize_with = "or_default")]
    pub speaker_labels: bool,
    /// Whether personal data is masked.
    #[serde(deserialize_with = "or_default")]
    pub redact_pii: bool,
    /// Whether profanity is masked.
    #[serde(deserialize_with = "or_default")]
    pub filter_profanity: bool,
    /// The vocabulary domain.
    #[serde(deserialize_with = "or_default")]
    pub domain: Option<String>,
    /// The voice isolation in use.
    #[serde(deserialize_with = "or_default")]
    pub voice_focus: Option<String>,
}

/// See [`ServerMessage::SpeechStarted`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct SpeechStarted {
    /// Start of the speech, in milliseconds of audio. It is in the past when the message arrives.
    #[serde(deserialize_with = "whole")]
    pub timestamp: u64,
    /// 0 to 1; some servers omit it.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub confidence: Option<f64>,
}

/// See [`ServerMessage::Turn`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Turn {
    /// The turn's number in its session, from 0.
    #[serde(deserialize_with = "index")]
    pub turn_order: u32,
    /// Whether the turn has ended. No other field tells this reliably.
    #[serde(deserialize_with = "or_default")]
    pub end_of_turn: bool,
    /// Whether the text is punctuated and cased. Does not indicate an end.
    #[serde(deserialize_with = "or_default")]
    pub turn_is_formatted: bool,
    /// The final words only (Universal-Streaming), or the whole turn so far (Universal-3).
    #[serde(deserialize_with = "or_default")]
    pub transcript: String,
    /// The confidence, from 0 to 1.
    #[serde(deserialize_with = "or_default")]
    pub end_of_turn_confidence: f64,
    /// All words of the turn so far.
    #[serde(deserialize_with = "items")]
    pub words: Vec<Word>,
    /// The text of an utterance that a pause has just ended, or empty. Not meant for display.
    #[serde(deserialize_with = "or_default")]
    pub utterance: String,
    /// Only with language detection.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub language_code: Option<String>,
    /// 0 to 1; only with language detection.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub language_confidence: Option<f64>,
    /// Only with speaker labels: a letter, or a word for an unknown speaker.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub speaker_label: Option<String>,
    /// 0 to 1, 0 for no score; only with speaker labels.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub speaker_confidence: Option<f64>,
}

/// One word of a turn.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Word {
    /// The word. While it is not final, it may be incomplete.
    #[serde(deserialize_with = "or_default")]
    pub text: String,
    /// Start, in milliseconds of audio from the session's first sample.
    #[serde(deserialize_with = "whole")]
    pub start: u64,
    /// End, on the same clock; may equal `start`.
    #[serde(deserialize_with = "whole")]
    pub end: u64,
    /// The confidence, from 0 to 1.
    #[serde(deserialize_with = "or_default")]
    pub confidence: f64,
    /// Whether the text and the times are final.
    #[serde(deserialize_with = "or_default")]
    pub word_is_final: bool,
    /// Only with speaker labels.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub speaker: Option<String>,
    /// 0 to 1; only with speaker labels.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub speaker_confidence: Option<f64>,
}

/// See [`ServerMessage::Termination`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Termination {
    /// Length of the received audio, in seconds.
    #[serde(deserialize_with = "whole")]
    pub audio_duration_seconds: u64,
    /// Time for which the socket was open, in seconds. This is the billed duration.
    #[serde(deserialize_with = "whole")]
    pub session_duration_seconds: u64,
}

/// See [`ServerMessage::Error`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct ErrorMessage {
    /// The code of the close that follows.
    #[serde(
        deserialize_with = "lenient::some_whole",
        skip_serializing_if = "Option::is_none"
    )]
    pub error_code: Option<u32>,
    /// The service's text.
    #[serde(deserialize_with = "or_default")]
    pub error: String,
}

/// See [`ServerMessage::Warning`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Warning {
    /// The code. The service publishes no list of codes.
    #[serde(deserialize_with = "whole_u32")]
    pub warning_code: u32,
    /// The service's text.
    #[serde(deserialize_with = "or_default")]
    pub warning: String,
}

/// See [`ServerMessage::Heartbeat`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Heartbeat {
    /// Milliseconds of audio received so far.
    #[serde(deserialize_with = "whole")]
    pub total_audio_received_ms: u64,
    /// Milliseconds of wall time since the session began.
    #[serde(deserialize_with = "whole")]
    pub total_duration_ms: u64,
    /// Recent ratio of audio time to wall time; 1 is real time.
    #[serde(deserialize_with = "or_default")]
    pub realtime_factor: f64,
    /// The confidence, from 0 to 1.
    #[serde(deserialize_with = "or_default")]
    pub max_speech_probability: f64,
}

/// See [`ServerMessage::Silence`]. Ranges may overlap speech that was already reported.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Silence {
    /// Milliseconds of audio.
    #[serde(deserialize_with = "whole")]
    pub start_ms: u64,
    /// Milliseconds of audio.
    #[serde(deserialize_with = "whole")]
    pub end_ms: u64,
}

/// See [`ServerMessage::SpeakerRevision`]. Each message is a delta; the last one counts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct SpeakerRevision {
    /// The turns whose labels change.
    #[serde(deserialize_with = "items")]
    pub revisions: Vec<TurnRevision>,
}

/// New labels for a turn; its text and times stay the same.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct TurnRevision {
    /// The turn's number in its session.
    #[serde(deserialize_with = "index")]
    pub turn_order: u32,
    /// The new label, if any.
    #[serde(deserialize_with = "or_default")]
    pub speaker_label: Option<String>,
    /// The words with their new labels.
    #[serde(deserialize_with = "items")]
    pub words: Vec<Word>,
}

/// See [`ServerMessage::LlmGatewayResponse`].
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LlmGatewayResponse {
    /// The turn's number in its session.
    #[serde(deserialize_with = "index")]
    pub turn_order: u32,
    /// The turn's text.
    #[serde(deserialize_with = "or_default")]
    pub transcript: String,
    /// The model's response, which Inturn does not use.
    pub data: Json,
}

impl ServerMessage {
    /// Encodes the text frame.
    ///
    /// # Errors
    ///
    /// Returns an error for [`ServerMessage::Unknown`] and [`ServerMessage::Ignored`], which cannot
    /// be encoded.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
