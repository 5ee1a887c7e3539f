//! Decoding of the service's messages.

use serde::Deserialize;

use crate::{
    json::{Json, NotJson},
    lenient,
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
    #[error("message from the service is not a JSON object (column {column})")]
    NotAnObject {
        /// The column of the error, counted from 1.
        column: usize,
    },
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

impl ServerMessage {
    /// Decodes a text frame. Unknown types and fields are not errors.
    ///
    /// A field that is missing, `null` or of an unexpected type counts as absent: a [`Begin`] of
    /// any shape is valid. Only three fields are required: `type`; `turn_order` if the message has
    /// one; and the text of a [`Turn`], which comes from its words if `transcript` is odd. An odd
    /// item is omitted from its list.
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
        decode(text, |kind, json| match kind {
            "SpeechStarted" => decoded("SpeechStarted", json, Self::SpeechStarted),
            "Silence" => decoded("Silence", json, Self::Silence),
            "SpeakerRevision" => decoded("SpeakerRevision", json, Self::SpeakerRevision),
            "LLMGatewayResponse" => decoded("LLMGatewayResponse", json, Self::LlmGatewayResponse),
            _ => Self::of_type_for_client(kind, json),
        })
    }

    /// Like [`ServerMessage::decode_with_odd_fields`], but returns [`ServerMessage::Ignored`] for
    /// the types that Inturn's client has no use for. So the page need not contain their decoders.
    ///
    /// # Errors
    ///
    /// Same as [`ServerMessage::decode`].
    pub fn decode_for_client(text: &str) -> Result<Decoded, DecodeError> {
        decode(text, Self::of_type_for_client)
    }

    fn of_type_for_client(kind: &str, json: &Json) -> Result<Decoded, DecodeError> {
        match kind {
            "Begin" => decoded("Begin", json, Self::Begin),
            "Turn" => {
                let decoded = decoded("Turn", json, Self::Turn)?;
                decoded.check_text()
            }
            "Termination" => decoded("Termination", json, Self::Termination),
            "Error" => decoded("Error", json, Self::Error),
            "Warning" => decoded("Warning", json, Self::Warning),
            "Heartbeat" => decoded("Heartbeat", json, Self::Heartbeat),
            "SpeechStarted" | "Silence" | "SpeakerRevision" | "LLMGatewayResponse" => Ok(Decoded {
                message: Self::Ignored,
                kind: "ignored",
                odd_fields: Vec::new(),
            }),
            unknown => Ok(Decoded {
                message: Self::Unknown(unknown.to_owned()),
                kind: "unknown",
                odd_fields: Vec::new(),
            }),
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

/// Parses a text frame, and decodes it with `of_type`.
fn decode(
    text: &str,
    of_type: fn(&str, &Json) -> Result<Decoded, DecodeError>,
) -> Result<Decoded, DecodeError> {
    let json = Json::parse(text).map_err(|NotJson { column }| no_object(column))?;
    let Json::Object(_) = json else {
        return Err(no_object(1));
    };
    match json.get("type") {
        Some(Json::Text(kind)) => of_type(kind, &json),
        None if json.get("error").is_some() => of_type("Error", &json),
        _ => Err(DecodeError::NoType),
    }
}

/// Decodes a message of a known type.
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
