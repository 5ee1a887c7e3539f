//! What the service says: one JSON object in each text frame, told apart by `type`.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::lenient;

/// One message of the service.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum ServerMessage {
    /// The session is accepted; always the first message.
    Begin(Begin),
    /// Somebody began to speak (Universal-3 family only).
    SpeechStarted(SpeechStarted),
    /// A turn, whole and anew. The same turn comes many times.
    Turn(Turn),
    /// The last message of a session that was ended by `Terminate`.
    Termination(Termination),
    /// Why the socket is about to close.
    Error(ErrorMessage),
    /// Something to note; the session goes on.
    Warning(Warning),
    /// A sign of life, when asked for.
    Heartbeat(Heartbeat),
    /// A stretch without speech, when asked for.
    Silence(Silence),
    /// Better speaker labels for earlier turns.
    SpeakerRevision(SpeakerRevision),
    /// What a language model made of a turn, when asked for.
    #[serde(rename = "LLMGatewayResponse")]
    LlmGatewayResponse(LlmGatewayResponse),
    /// A type this version does not know, by its name. To be noted once and passed over.
    #[serde(skip)]
    Unknown(String),
}

/// See [`ServerMessage::Begin`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Begin {
    /// The session's id, a UUID; support asks for it.
    #[serde(deserialize_with = "lenient::or_default")]
    pub id: String,
    /// When the service will end the session, in Unix seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub expires_at: u64,
    /// What the service understood of our parameters; older servers leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
}

/// The eight settings that `Begin` echoes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Configuration {
    /// The model in use.
    pub model: Option<String>,
    /// The turn-detection preset; `null` outside the Universal-3 family.
    pub mode: Option<String>,
    /// The version of the interface, a date.
    pub api_version: Option<String>,
    /// Whether speakers are told apart.
    #[serde(deserialize_with = "lenient::or_default")]
    pub speaker_labels: bool,
    /// Whether personal data is masked.
    #[serde(deserialize_with = "lenient::or_default")]
    pub redact_pii: bool,
    /// Whether profanity is masked.
    #[serde(deserialize_with = "lenient::or_default")]
    pub filter_profanity: bool,
    /// The vocabulary domain.
    pub domain: Option<String>,
    /// The voice isolation in use.
    pub voice_focus: Option<String>,
}

/// See [`ServerMessage::SpeechStarted`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpeechStarted {
    /// The onset, in milliseconds of audio; in the past when it arrives.
    #[serde(deserialize_with = "lenient::whole")]
    pub timestamp: u64,
    /// 0 to 1; some sources leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// See [`ServerMessage::Turn`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The turn's number in its session, from 0.
    #[serde(deserialize_with = "lenient::whole_u32")]
    pub turn_order: u32,
    /// The only reliable sign that the turn is over.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub end_of_turn: bool,
    /// Whether the text is punctuated and cased; never the sign of an end.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub turn_is_formatted: bool,
    /// The final words only (Universal-Streaming), or the whole turn so far (Universal-3).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub transcript: String,
    /// 0 to 1.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub end_of_turn_confidence: f64,
    /// All words of the turn so far.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub words: Vec<Word>,
    /// The text of an utterance that a pause has just closed, or empty. Not for showing.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub utterance: String,
    /// Only with language detection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
    /// 0 to 1; only with language detection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_confidence: Option<f64>,
    /// Only with speaker labels: a letter, or a word that means "not known".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker_label: Option<String>,
    /// 0 to 1, 0 for no score; only with speaker labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

/// One word of a turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Word {
    /// The word, perhaps a piece of it while it is not final.
    #[serde(deserialize_with = "lenient::or_default")]
    pub text: String,
    /// Where it begins, in milliseconds of audio from the session's first sample.
    #[serde(deserialize_with = "lenient::whole")]
    pub start: u64,
    /// Where it ends, on the same clock; may equal `start`.
    #[serde(deserialize_with = "lenient::whole")]
    pub end: u64,
    /// 0 to 1.
    #[serde(deserialize_with = "lenient::or_default")]
    pub confidence: f64,
    /// Whether text and times are settled.
    #[serde(deserialize_with = "lenient::or_default")]
    pub word_is_final: bool,
    /// Only with speaker labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// 0 to 1; only with speaker labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

/// See [`ServerMessage::Termination`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Termination {
    /// Audio received, in seconds.
    #[serde(deserialize_with = "lenient::whole")]
    pub audio_duration_seconds: u64,
    /// How long the socket was open, in seconds: the billed figure.
    #[serde(deserialize_with = "lenient::whole")]
    pub session_duration_seconds: u64,
}

/// See [`ServerMessage::Error`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorMessage {
    /// The close code that follows.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::optional_whole_u32"
    )]
    pub error_code: Option<u32>,
    /// The service's own words.
    #[serde(deserialize_with = "lenient::or_default")]
    pub error: String,
}

/// See [`ServerMessage::Warning`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Warning {
    /// No list of these is published.
    #[serde(deserialize_with = "lenient::whole_u32")]
    pub warning_code: u32,
    /// The service's own words.
    #[serde(deserialize_with = "lenient::or_default")]
    pub warning: String,
}

/// See [`ServerMessage::Heartbeat`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heartbeat {
    /// Milliseconds of audio received so far.
    #[serde(deserialize_with = "lenient::whole")]
    pub total_audio_received_ms: u64,
    /// Milliseconds of wall time since the session began.
    #[serde(deserialize_with = "lenient::whole")]
    pub total_duration_ms: u64,
    /// Audio per wall time of late; 1 is real time.
    #[serde(deserialize_with = "lenient::or_default")]
    pub realtime_factor: f64,
    /// 0 to 1.
    #[serde(deserialize_with = "lenient::or_default")]
    pub max_speech_probability: f64,
}

/// See [`ServerMessage::Silence`]. Ranges may overlap speech that was already reported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Silence {
    /// Milliseconds of audio.
    #[serde(deserialize_with = "lenient::whole")]
    pub start_ms: u64,
    /// Milliseconds of audio.
    #[serde(deserialize_with = "lenient::whole")]
    pub end_ms: u64,
}

/// See [`ServerMessage::SpeakerRevision`]. Each is a delta; the last one wins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpeakerRevision {
    /// The turns whose labels change.
    #[serde(deserialize_with = "lenient::or_default")]
    pub revisions: Vec<TurnRevision>,
}

/// New labels for one turn; its text and times stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TurnRevision {
    /// The turn's number in its session.
    #[serde(deserialize_with = "lenient::whole_u32")]
    pub turn_order: u32,
    /// The new label, or none.
    #[serde(default)]
    pub speaker_label: Option<String>,
    /// The words with their new labels.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub words: Vec<Word>,
}

/// See [`ServerMessage::LlmGatewayResponse`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LlmGatewayResponse {
    /// The turn it speaks of.
    #[serde(deserialize_with = "lenient::whole_u32")]
    pub turn_order: u32,
    /// The turn's text.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub transcript: String,
    /// The model's answer, as it came.
    pub data: AnyJson,
}

/// JSON that is somebody else's business, kept as its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnyJson(Box<RawValue>);

/// Why a text frame could not be read. It never quotes the frame, which may hold a transcript.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not a JSON object.
    #[error("a message of the service is no JSON object (column {column})")]
    NotAnObject {
        /// Where reading stopped, counted from 1.
        column: usize,
    },
    /// An object that says neither `type` nor `error`.
    #[error("a message of the service has no type")]
    NoType,
    /// A known type whose fields are not what they should be.
    #[error("a {kind} message of the service is malformed (column {column})")]
    Malformed {
        /// The message's type.
        kind: &'static str,
        /// Where reading stopped, counted from 1.
        column: usize,
    },
}

impl ServerMessage {
    /// Reads one text frame. Unknown types and fields are no errors.
    ///
    /// An object without `type` but with `error` is an [`ServerMessage::Error`], since the vendor's
    /// own clients take it for one.
    ///
    /// # Errors
    /// When the frame is no JSON object, names no type, or a known type lacks what it must have. The
    /// session goes on all the same: note it and read the next frame.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        let envelope: Envelope<'_> =
            serde_json::from_str(text).map_err(|error| DecodeError::NotAnObject {
                column: error.column(),
            })?;
        let Some(kind) = envelope.kind else {
            return match envelope.error {
                Some(_) => read("Error", text).map(Self::Error),
                None => Err(DecodeError::NoType),
            };
        };
        Ok(match kind.as_ref() {
            "Begin" => Self::Begin(read("Begin", text)?),
            "SpeechStarted" => Self::SpeechStarted(read("SpeechStarted", text)?),
            "Turn" => Self::Turn(read("Turn", text)?),
            "Termination" => Self::Termination(read("Termination", text)?),
            "Error" => Self::Error(read("Error", text)?),
            "Warning" => Self::Warning(read("Warning", text)?),
            "Heartbeat" => Self::Heartbeat(read("Heartbeat", text)?),
            "Silence" => Self::Silence(read("Silence", text)?),
            "SpeakerRevision" => Self::SpeakerRevision(read("SpeakerRevision", text)?),
            "LLMGatewayResponse" => Self::LlmGatewayResponse(read("LLMGatewayResponse", text)?),
            unknown => Self::Unknown(unknown.to_owned()),
        })
    }

    /// Writes the text frame.
    ///
    /// # Errors
    /// For [`ServerMessage::Unknown`], which has no form of its own.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

impl AnyJson {
    /// Wraps JSON text.
    ///
    /// # Errors
    /// When the text is not JSON.
    pub fn new(json: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(json).map(Self)
    }

    /// The JSON text as it came.
    pub fn text(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for AnyJson {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

/// The first look at a frame. Reading it twice is cheaper in code than serde's tagged enums, which
/// buffer the whole object in a generic form first.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

fn read<'a, T: Deserialize<'a>>(kind: &'static str, text: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(|error| DecodeError::Malformed {
        kind,
        column: error.column(),
    })
}
