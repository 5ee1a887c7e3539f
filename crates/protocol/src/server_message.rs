//! What the service says: one JSON object in each text frame, told apart by `type`.

use serde::{Deserialize, Serialize};

use crate::{
    json::{Json, NotJson},
    lenient::{self, index, items, or_default, whole, whole_u32},
};

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
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Begin {
    /// The session's id, a UUID; support asks for it.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// When the service will end the session, in Unix seconds.
    #[serde(deserialize_with = "whole")]
    pub expires_at: u64,
    /// What the service understood of our parameters; older servers leave it out.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub configuration: Option<Configuration>,
}

/// The eight settings that `Begin` echoes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
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
    /// Whether speakers are told apart.
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
#[serde(default)]
pub struct SpeechStarted {
    /// The onset, in milliseconds of audio; in the past when it arrives.
    #[serde(deserialize_with = "whole")]
    pub timestamp: u64,
    /// 0 to 1; some sources leave it out.
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
    /// The only reliable sign that the turn is over.
    #[serde(default, deserialize_with = "or_default")]
    pub end_of_turn: bool,
    /// Whether the text is punctuated and cased; never the sign of an end.
    #[serde(default, deserialize_with = "or_default")]
    pub turn_is_formatted: bool,
    /// The final words only (Universal-Streaming), or the whole turn so far (Universal-3).
    #[serde(default, deserialize_with = "or_default")]
    pub transcript: String,
    /// 0 to 1.
    #[serde(default, deserialize_with = "or_default")]
    pub end_of_turn_confidence: f64,
    /// All words of the turn so far.
    #[serde(default, deserialize_with = "items")]
    pub words: Vec<Word>,
    /// The text of an utterance that a pause has just closed, or empty. Not for showing.
    #[serde(default, deserialize_with = "or_default")]
    pub utterance: String,
    /// Only with language detection.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub language_code: Option<String>,
    /// 0 to 1; only with language detection.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub language_confidence: Option<f64>,
    /// Only with speaker labels: a letter, or a word that means "not known".
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub speaker_label: Option<String>,
    /// 0 to 1, 0 for no score; only with speaker labels.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub speaker_confidence: Option<f64>,
}

/// One word of a turn.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Word {
    /// The word, perhaps a piece of it while it is not final.
    #[serde(deserialize_with = "or_default")]
    pub text: String,
    /// Where it begins, in milliseconds of audio from the session's first sample.
    #[serde(deserialize_with = "whole")]
    pub start: u64,
    /// Where it ends, on the same clock; may equal `start`.
    #[serde(deserialize_with = "whole")]
    pub end: u64,
    /// 0 to 1.
    #[serde(deserialize_with = "or_default")]
    pub confidence: f64,
    /// Whether text and times are settled.
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
#[serde(default)]
pub struct Termination {
    /// Audio received, in seconds.
    #[serde(deserialize_with = "whole")]
    pub audio_duration_seconds: u64,
    /// How long the socket was open, in seconds: the billed figure.
    #[serde(deserialize_with = "whole")]
    pub session_duration_seconds: u64,
}

/// See [`ServerMessage::Error`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct ErrorMessage {
    /// The close code that follows.
    #[serde(
        deserialize_with = "lenient::some_whole",
        skip_serializing_if = "Option::is_none"
    )]
    pub error_code: Option<u32>,
    /// The service's own words.
    #[serde(deserialize_with = "or_default")]
    pub error: String,
}

/// See [`ServerMessage::Warning`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Warning {
    /// No list of these is published.
    #[serde(deserialize_with = "whole_u32")]
    pub warning_code: u32,
    /// The service's own words.
    #[serde(deserialize_with = "or_default")]
    pub warning: String,
}

/// See [`ServerMessage::Heartbeat`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Heartbeat {
    /// Milliseconds of audio received so far.
    #[serde(deserialize_with = "whole")]
    pub total_audio_received_ms: u64,
    /// Milliseconds of wall time since the session began.
    #[serde(deserialize_with = "whole")]
    pub total_duration_ms: u64,
    /// Audio per wall time of late; 1 is real time.
    #[serde(deserialize_with = "or_default")]
    pub realtime_factor: f64,
    /// 0 to 1.
    #[serde(deserialize_with = "or_default")]
    pub max_speech_probability: f64,
}

/// See [`ServerMessage::Silence`]. Ranges may overlap speech that was already reported.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Silence {
    /// Milliseconds of audio.
    #[serde(deserialize_with = "whole")]
    pub start_ms: u64,
    /// Milliseconds of audio.
    #[serde(deserialize_with = "whole")]
    pub end_ms: u64,
}

/// See [`ServerMessage::SpeakerRevision`]. Each is a delta; the last one wins.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct SpeakerRevision {
    /// The turns whose labels change.
    #[serde(deserialize_with = "items")]
    pub revisions: Vec<TurnRevision>,
}

/// New labels for one turn; its text and times stay.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct TurnRevision {
    /// The turn's number in its session.
    #[serde(deserialize_with = "index")]
    pub turn_order: u32,
    /// The new label, or none.
    #[serde(default, deserialize_with = "or_default")]
    pub speaker_label: Option<String>,
    /// The words with their new labels.
    #[serde(default, deserialize_with = "items")]
    pub words: Vec<Word>,
}

/// See [`ServerMessage::LlmGatewayResponse`].
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LlmGatewayResponse {
    /// The turn it speaks of.
    #[serde(deserialize_with = "index")]
    pub turn_order: u32,
    /// The turn's text.
    #[serde(default, deserialize_with = "or_default")]
    pub transcript: String,
    /// The model's answer: somebody else's business.
    #[serde(default)]
    pub data: Json,
}

/// A message with the names of the fields that were passed over.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The message.
    pub message: ServerMessage,
    /// The message's type.
    pub kind: &'static str,
    /// Fields of another type than they should have, which read as absent: each name once.
    pub odd_fields: Vec<&'static str>,
}

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
    /// A known type without its `turn_order`, or a turn whose text cannot be read.
    #[error("a {kind} message of the service is malformed (its {field})")]
    Malformed {
        /// The message's type.
        kind: &'static str,
        /// The field that is missing or of another type.
        field: &'static str,
    },
}

impl ServerMessage {
    /// Reads one text frame. Unknown types and fields are no errors.
    ///
    /// A field that is missing, `null` or of another type than it should have reads as absent: a
    /// [`Begin`] of any shape is one. Only three things decide: `type`; `turn_order` where a message
    /// has one; and the text of a [`Turn`], which is read from its words if `transcript` is odd. An
    /// odd item of a list is left out of it.
    ///
    /// An object without `type` but with `error` is an [`ServerMessage::Error`], since the vendor's
    /// own clients take it for one.
    ///
    /// # Errors
    /// When the frame is no JSON object, names no type, lacks `turn_order`, or is a turn whose text
    /// is of another type. The session goes on all the same: note it and read the next frame.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        Self::decode_noting(text).map(|decoded| decoded.message)
    }

    /// As [`ServerMessage::decode`], with the names of the fields that were passed over.
    ///
    /// # Errors
    /// As [`ServerMessage::decode`].
    pub fn decode_noting(text: &str) -> Result<Decoded, DecodeError> {
        let json = Json::parse(text).map_err(|NotJson { column }| no_object(column))?;
        let Json::Object(_) = json else {
            return Err(no_object(1));
        };
        match json.get("type") {
            Some(Json::Text(kind)) => Self::of_type(kind, &json),
            None if json.get("error").is_some() => Self::of_type("Error", &json),
            _ => Err(DecodeError::NoType),
        }
    }

    fn of_type(kind: &str, json: &Json) -> Result<Decoded, DecodeError> {
        match kind {
            "Begin" => decoded("Begin", json, Self::Begin),
            "SpeechStarted" => decoded("SpeechStarted", json, Self::SpeechStarted),
            "Turn" => {
                let decoded = decoded("Turn", json, Self::Turn)?;
                decoded.with_its_text()
            }
            "Termination" => decoded("Termination", json, Self::Termination),
            "Error" => decoded("Error", json, Self::Error),
            "Warning" => decoded("Warning", json, Self::Warning),
            "Heartbeat" => decoded("Heartbeat", json, Self::Heartbeat),
            "Silence" => decoded("Silence", json, Self::Silence),
            "SpeakerRevision" => decoded("SpeakerRevision", json, Self::SpeakerRevision),
            "LLMGatewayResponse" => decoded("LLMGatewayResponse", json, Self::LlmGatewayResponse),
            unknown => Ok(Decoded {
                message: Self::Unknown(unknown.to_owned()),
                kind: "unknown",
                odd_fields: Vec::new(),
            }),
        }
    }

    /// Writes the text frame.
    ///
    /// # Errors
    /// For [`ServerMessage::Unknown`], which has no form of its own.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

impl Decoded {
    /// An error if a turn is empty because its text was passed over. It may be empty otherwise.
    fn with_its_text(self) -> Result<Self, DecodeError> {
        let ServerMessage::Turn(turn) = &self.message else {
            return Ok(self);
        };
        if !turn.transcript.is_empty() || turn.words.iter().any(|word| !word.text.is_empty()) {
            return Ok(self);
        }
        let text = ["transcript", "words", "text"];
        match text.into_iter().find(|it| self.odd_fields.contains(it)) {
            Some(field) => Err(DecodeError::Malformed {
                kind: self.kind,
                field,
            }),
            None => Ok(self),
        }
    }
}

/// Reads a message whose type is known.
fn decoded<'a, T: Deserialize<'a>>(
    kind: &'static str,
    json: &'a Json,
    message: fn(T) -> ServerMessage,
) -> Result<Decoded, DecodeError> {
    let (read, odd_fields) =
        lenient::read(json).map_err(|field| DecodeError::Malformed { kind, field })?;
    Ok(Decoded {
        message: message(read),
        kind,
        odd_fields,
    })
}

fn no_object(column: usize) -> DecodeError {
    DecodeError::NotAnObject { column }
}
