//! What the service says: one JSON object in each text frame, told apart by `type`.

use serde::Serialize;

use crate::json::{Fields, Json, NotJson};

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
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Begin {
    /// The session's id, a UUID; support asks for it.
    pub id: String,
    /// When the service will end the session, in Unix seconds.
    pub expires_at: u64,
    /// What the service understood of our parameters; older servers leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
}

/// The eight settings that `Begin` echoes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Configuration {
    /// The model in use.
    pub model: Option<String>,
    /// The turn-detection preset; `null` outside the Universal-3 family.
    pub mode: Option<String>,
    /// The version of the interface, a date.
    pub api_version: Option<String>,
    /// Whether speakers are told apart.
    pub speaker_labels: bool,
    /// Whether personal data is masked.
    pub redact_pii: bool,
    /// Whether profanity is masked.
    pub filter_profanity: bool,
    /// The vocabulary domain.
    pub domain: Option<String>,
    /// The voice isolation in use.
    pub voice_focus: Option<String>,
}

/// See [`ServerMessage::SpeechStarted`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SpeechStarted {
    /// The onset, in milliseconds of audio; in the past when it arrives.
    pub timestamp: u64,
    /// 0 to 1; some sources leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// See [`ServerMessage::Turn`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Turn {
    /// The turn's number in its session, from 0.
    pub turn_order: u32,
    /// The only reliable sign that the turn is over.
    pub end_of_turn: bool,
    /// Whether the text is punctuated and cased; never the sign of an end.
    pub turn_is_formatted: bool,
    /// The final words only (Universal-Streaming), or the whole turn so far (Universal-3).
    pub transcript: String,
    /// 0 to 1.
    pub end_of_turn_confidence: f64,
    /// All words of the turn so far.
    pub words: Vec<Word>,
    /// The text of an utterance that a pause has just closed, or empty. Not for showing.
    pub utterance: String,
    /// Only with language detection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
    /// 0 to 1; only with language detection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_confidence: Option<f64>,
    /// Only with speaker labels: a letter, or a word that means "not known".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_label: Option<String>,
    /// 0 to 1, 0 for no score; only with speaker labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

/// One word of a turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Word {
    /// The word, perhaps a piece of it while it is not final.
    pub text: String,
    /// Where it begins, in milliseconds of audio from the session's first sample.
    pub start: u64,
    /// Where it ends, on the same clock; may equal `start`.
    pub end: u64,
    /// 0 to 1.
    pub confidence: f64,
    /// Whether text and times are settled.
    pub word_is_final: bool,
    /// Only with speaker labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// 0 to 1; only with speaker labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

/// See [`ServerMessage::Termination`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Termination {
    /// Audio received, in seconds.
    pub audio_duration_seconds: u64,
    /// How long the socket was open, in seconds: the billed figure.
    pub session_duration_seconds: u64,
}

/// See [`ServerMessage::Error`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ErrorMessage {
    /// The close code that follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u32>,
    /// The service's own words.
    pub error: String,
}

/// See [`ServerMessage::Warning`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Warning {
    /// No list of these is published.
    pub warning_code: u32,
    /// The service's own words.
    pub warning: String,
}

/// See [`ServerMessage::Heartbeat`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Heartbeat {
    /// Milliseconds of audio received so far.
    pub total_audio_received_ms: u64,
    /// Milliseconds of wall time since the session began.
    pub total_duration_ms: u64,
    /// Audio per wall time of late; 1 is real time.
    pub realtime_factor: f64,
    /// 0 to 1.
    pub max_speech_probability: f64,
}

/// See [`ServerMessage::Silence`]. Ranges may overlap speech that was already reported.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Silence {
    /// Milliseconds of audio.
    pub start_ms: u64,
    /// Milliseconds of audio.
    pub end_ms: u64,
}

/// See [`ServerMessage::SpeakerRevision`]. Each is a delta; the last one wins.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SpeakerRevision {
    /// The turns whose labels change.
    pub revisions: Vec<TurnRevision>,
}

/// New labels for one turn; its text and times stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TurnRevision {
    /// The turn's number in its session.
    pub turn_order: u32,
    /// The new label, or none.
    pub speaker_label: Option<String>,
    /// The words with their new labels.
    pub words: Vec<Word>,
}

/// See [`ServerMessage::LlmGatewayResponse`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LlmGatewayResponse {
    /// The turn it speaks of.
    pub turn_order: u32,
    /// The turn's text.
    pub transcript: String,
    /// The model's answer: somebody else's business.
    pub data: Json,
}

/// A message with the names of the fields that were passed over.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The message.
    pub message: ServerMessage,
    /// The message's type.
    pub kind: &'static str,
    /// Fields of another type than they should have, which read as absent; each name once.
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
        let json = Json::parse(text).map_err(|NotJson { column }| Self::no_object(column))?;
        let mut fields = Fields::of(&json).ok_or(Self::no_object(1))?;
        let (kind, message) = match fields.get("type") {
            Some(Json::Text(kind)) => Self::read(kind, &mut fields),
            None if fields.get("error").is_some() => Self::read("Error", &mut fields),
            _ => return Err(DecodeError::NoType),
        };
        match fields.finish(message) {
            Ok((message, odd_fields)) => Ok(Decoded {
                message,
                kind,
                odd_fields,
            }),
            Err(field) => Err(DecodeError::Malformed { kind, field }),
        }
    }

    fn no_object(column: usize) -> DecodeError {
        DecodeError::NotAnObject { column }
    }

    /// The message of type `kind`, and the name of that type.
    fn read(kind: &str, fields: &mut Fields<'_>) -> (&'static str, Self) {
        match kind {
            "Begin" => ("Begin", Self::Begin(Begin::read(fields))),
            "SpeechStarted" => (
                "SpeechStarted",
                Self::SpeechStarted(SpeechStarted::read(fields)),
            ),
            "Turn" => ("Turn", Self::Turn(Turn::read(fields))),
            "Termination" => ("Termination", Self::Termination(Termination::read(fields))),
            "Error" => ("Error", Self::Error(ErrorMessage::read(fields))),
            "Warning" => ("Warning", Self::Warning(Warning::read(fields))),
            "Heartbeat" => ("Heartbeat", Self::Heartbeat(Heartbeat::read(fields))),
            "Silence" => ("Silence", Self::Silence(Silence::read(fields))),
            "SpeakerRevision" => (
                "SpeakerRevision",
                Self::SpeakerRevision(SpeakerRevision::read(fields)),
            ),
            "LLMGatewayResponse" => (
                "LLMGatewayResponse",
                Self::LlmGatewayResponse(LlmGatewayResponse::read(fields)),
            ),
            unknown => ("unknown", Self::Unknown(unknown.to_owned())),
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

impl Begin {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            id: fields.text("id").unwrap_or_default(),
            expires_at: fields.whole("expires_at").unwrap_or_default(),
            configuration: fields.object("configuration", Configuration::read),
        }
    }
}

impl Configuration {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            model: fields.text("model"),
            mode: fields.text("mode"),
            api_version: fields.text("api_version"),
            speaker_labels: fields.bool("speaker_labels").unwrap_or_default(),
            redact_pii: fields.bool("redact_pii").unwrap_or_default(),
            filter_profanity: fields.bool("filter_profanity").unwrap_or_default(),
            domain: fields.text("domain"),
            voice_focus: fields.text("voice_focus"),
        }
    }
}

impl SpeechStarted {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            timestamp: fields.whole("timestamp").unwrap_or_default(),
            confidence: fields.number("confidence"),
        }
    }
}

impl Turn {
    fn read(fields: &mut Fields<'_>) -> Self {
        let turn_order = fields.index("turn_order");
        let turn_order = fields.must("turn_order", turn_order);
        let turn = Self {
            turn_order,
            end_of_turn: fields.bool("end_of_turn").unwrap_or_default(),
            turn_is_formatted: fields.bool("turn_is_formatted").unwrap_or_default(),
            transcript: fields.text("transcript").unwrap_or_default(),
            end_of_turn_confidence: fields.number("end_of_turn_confidence").unwrap_or_default(),
            words: fields.objects("words", Word::read),
            utterance: fields.text("utterance").unwrap_or_default(),
            language_code: fields.text("language_code"),
            language_confidence: fields.number("language_confidence"),
            speaker_label: fields.text("speaker_label"),
            speaker_confidence: fields.number("speaker_confidence"),
        };
        let is_empty =
            turn.transcript.is_empty() && turn.words.iter().all(|word| word.text.is_empty());
        if is_empty {
            // A turn may be empty, but not because its text was passed over.
            for name in ["transcript", "words", "text"] {
                fields.must_not_be_odd(name);
            }
        }
        turn
    }
}

impl Word {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            text: fields.text("text").unwrap_or_default(),
            start: fields.whole("start").unwrap_or_default(),
            end: fields.whole("end").unwrap_or_default(),
            confidence: fields.number("confidence").unwrap_or_default(),
            word_is_final: fields.bool("word_is_final").unwrap_or_default(),
            speaker: fields.text("speaker"),
            speaker_confidence: fields.number("speaker_confidence"),
        }
    }
}

impl Termination {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            audio_duration_seconds: fields.whole("audio_duration_seconds").unwrap_or_default(),
            session_duration_seconds: fields.whole("session_duration_seconds").unwrap_or_default(),
        }
    }
}

impl ErrorMessage {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            error_code: fields.whole_u32("error_code"),
            error: fields.text("error").unwrap_or_default(),
        }
    }
}

impl Warning {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            warning_code: fields.whole_u32("warning_code").unwrap_or_default(),
            warning: fields.text("warning").unwrap_or_default(),
        }
    }
}

impl Heartbeat {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            total_audio_received_ms: fields.whole("total_audio_received_ms").unwrap_or_default(),
            total_duration_ms: fields.whole("total_duration_ms").unwrap_or_default(),
            realtime_factor: fields.number("realtime_factor").unwrap_or_default(),
            max_speech_probability: fields.number("max_speech_probability").unwrap_or_default(),
        }
    }
}

impl Silence {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            start_ms: fields.whole("start_ms").unwrap_or_default(),
            end_ms: fields.whole("end_ms").unwrap_or_default(),
        }
    }
}

impl SpeakerRevision {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            revisions: fields.objects("revisions", TurnRevision::read),
        }
    }
}

impl TurnRevision {
    fn read(fields: &mut Fields<'_>) -> Self {
        let turn_order = fields.index("turn_order");
        let turn_order = fields.must("turn_order", turn_order);
        Self {
            turn_order,
            speaker_label: fields.text("speaker_label"),
            words: fields.objects("words", Word::read),
        }
    }
}

impl LlmGatewayResponse {
    fn read(fields: &mut Fields<'_>) -> Self {
        let turn_order = fields.index("turn_order");
        let turn_order = fields.must("turn_order", turn_order);
        Self {
            turn_order,
            transcript: fields.text("transcript").unwrap_or_default(),
            data: {
                let data = fields.get("data").cloned();
                data.unwrap_or(Json::Null)
            },
        }
    }
}
