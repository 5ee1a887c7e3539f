//! Decoding of the service's messages.

use serde::Deserialize;

use crate::{
    json::{Json, NotJson},
    lenient::Reader,
    server_message::ServerMessage,
};

/// A message with the names of its ignored fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The message.
    pub message: ServerMessage,
    /// The message's type.
    pub kind: &'static str,
    /// Names of the fields of an unexpected type, each once. They count as absent.
    pub odd_fields: Vec<&'static str>,
}

/// Why a text frame could not be decoded. It never quotes the frame, which may hold a transcript.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The frame is not a JSON object.
    #[error("message from the service is not a JSON object")]
    NotAnObject,
    /// The object has neither `type` nor `error`.
    #[error("message from the service has no type")]
    NoType,
    /// A known type lacks its `turn_order`, or the text of a turn cannot be decoded.
    #[error("{kind} message from the service is malformed (field {field})")]
    Malformed {
        /// The message's type.
        kind: &'static str,
        /// The field that is missing or of an unexpected type.
        field: &'static str,
    },
}

/// The type of a message, as in [`Decoded::kind`], and the message.
type Typed = Result<(&'static str, ServerMessage), DecodeError>;

impl ServerMessage {
    /// Decodes a text frame. Unknown types and fields are not errors.
    ///
    /// A field that is missing, `null` or of an unexpected type counts as absent: a `Begin` of any
    /// shape is valid. Only three fields are required: `type`; `turn_order` if the message has one;
    /// and the text of a `Turn`, which comes from its words if `transcript` is odd. An odd item is
    /// omitted from its list.
    ///
    /// An object without `type` but with `error` is a [`ServerMessage::Error`], as in the vendor's
    /// own clients.
    ///
    /// # Errors
    ///
    /// Returns an error if the frame is not a JSON object, has no type, lacks `turn_order`, or is a
    /// turn whose text is of an unexpected type. The session still goes on: log the error and
    /// decode the next frame.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        Self::decode_with_odd_fields(text).map(|decoded| decoded.message)
    }

    /// Like [`ServerMessage::decode`], but also returns the names of the ignored fields.
    ///
    /// # Errors
    ///
    /// Same as [`ServerMessage::decode`].
    pub fn decode_with_odd_fields(text: &str) -> Result<Decoded, DecodeError> {
        decode(Json::parse(text), |kind, reader| match kind {
            "SpeechStarted" => read("SpeechStarted", reader, Self::SpeechStarted),
            "Silence" => read("Silence", reader, Self::Silence),
            "LLMGatewayResponse" => read("LLMGatewayResponse", reader, Self::LlmGatewayResponse),
            _ => Self::of_type_for_client(kind, reader),
        })
    }

    /// Like [`ServerMessage::decode_with_odd_fields`], but returns [`ServerMessage::Ignored`] for
    /// the types that Inturn's client has no use for. So the page need not contain their decoders,
    /// nor a parser: it passes what the browser's has returned.
    ///
    /// # Errors
    ///
    /// Same as [`ServerMessage::decode`].
    pub fn decode_for_client(parsed: Result<Json, NotJson>) -> Result<Decoded, DecodeError> {
        decode(parsed, Self::of_type_for_client)
    }

    /// Returns the type, as in [`Decoded::kind`], and the message.
    fn of_type_for_client(kind: &str, reader: &Reader<'_>) -> Typed {
        match kind {
            "Begin" => read("Begin", reader, Self::Begin),
            "Turn" => read("Turn", reader, Self::Turn),
            "Termination" => read("Termination", reader, Self::Termination),
            "Error" => read("Error", reader, Self::Error),
            "Warning" => read("Warning", reader, Self::Warning),
            "Heartbeat" => read("Heartbeat", reader, Self::Heartbeat),
            "SpeakerRevision" => read("SpeakerRevision", reader, Self::SpeakerRevision),
            "SpeechStarted" | "Silence" | "LLMGatewayResponse" => Ok(("ignored", Self::Ignored)),
            unknown => Ok(("unknown", Self::Unknown(unknown.to_owned()))),
        }
    }
}

impl Decoded {
    /// Returns an error if a turn is empty because its text was ignored. Other empty turns are
    /// valid.
    fn check_text(self) -> Result<Self, DecodeError> {
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

/// Decodes a parsed text frame with `of_type`.
fn decode(
    parsed: Result<Json, NotJson>,
    of_type: fn(&str, &Reader<'_>) -> Typed,
) -> Result<Decoded, DecodeError> {
    let Ok(json @ Json::Object(_)) = parsed else {
        return Err(DecodeError::NotAnObject);
    };
    let kind = match json.get("type") {
        Some(Json::Text(kind)) => kind.as_str(),
        None if json.get("error").is_some() => "Error",
        _ => return Err(DecodeError::NoType),
    };
    let reader = Reader::new(&json);
    let (kind, message) = of_type(kind, &reader)?;
    let decoded = Decoded {
        message,
        kind,
        odd_fields: reader.into_odd_fields(),
    };
    decoded.check_text()
}

/// Reads a message of a known type.
fn read<'a, T: Deserialize<'a>>(
    kind: &'static str,
    reader: &Reader<'a>,
    message: fn(T) -> ServerMessage,
) -> Typed {
    match reader.read() {
        Ok(content) => Ok((kind, message(content))),
        Err(field) => Err(DecodeError::Malformed { kind, field }),
    }
}
