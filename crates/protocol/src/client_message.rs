//! The client's messages in text frames. Audio is sent in binary frames and has no type.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A control message of a client.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum ClientMessage {
    /// Ends the session: the service flushes the open turn, sends `Termination` and closes. Billing
    /// stops only with this message.
    Terminate,
    /// Ends the open turn now.
    ForceEndpoint,
    /// Resets the inactivity timer.
    KeepAlive,
    /// Changes settings during the session. The service never answers it.
    UpdateConfiguration(Box<UpdateConfiguration>),
}

/// The text frame of [`ClientMessage::Terminate`], the one message that every client sends.
pub const TERMINATE: &str = r#"{"type":"Terminate"}"#;

/// Settings that can change during a session. `None` leaves a setting unchanged.
///
/// A model's family determines which of them it accepts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateConfiguration {
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_of_turn_confidence_threshold: Option<f64>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_turn_silence: Option<u32>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_turn_silence: Option<u32>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vad_threshold: Option<f64>,
    /// Replaces the list; an empty one clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyterms_prompt: Option<Vec<String>>,
    /// Whether to send formatted finals (Universal-Streaming family).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format_turns: Option<bool>,
    /// Whether to mask profanity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_profanity: Option<bool>,
    /// A turn-detection preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Context for the model; an empty text clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The last utterance of the other party in a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_context: Option<String>,
    /// Applies from the next turn on; an empty list clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_codes: Option<Vec<String>>,
    /// Whether to send partials during long speech.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuous_partials: Option<bool>,
    /// Milliseconds, 0 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interruption_delay: Option<u32>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_left_pad_ms: Option<u32>,
    /// Whether to report silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledge_silence: Option<bool>,
    /// Whether to send heartbeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_heartbeat: Option<bool>,
}

/// Why the service would refuse a control message. `Display` has the service's own wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientMessageError {
    /// The text is not JSON.
    #[error("Invalid JSON: {0}")]
    InvalidJson(String),
    /// The JSON is not an object with a `type`, or has fields of the wrong type.
    #[error("Invalid Message: {0}")]
    InvalidMessage(String),
    /// The service does not know the type.
    #[error("Invalid Message Type: {0}")]
    UnknownType(String),
}

impl ClientMessage {
    /// Decodes a text frame as strictly as the service does.
    ///
    /// # Errors
    ///
    /// Returns an error for anything but the four messages. The service answers it with 3006 and
    /// closes.
    pub fn decode(text: &str) -> Result<Self, ClientMessageError> {
        use ClientMessageError::{InvalidJson, InvalidMessage, UnknownType};
        let value: Value =
            serde_json::from_str(text).map_err(|error| InvalidJson(error.to_string()))?;
        let Value::Object(fields) = &value else {
            return Err(InvalidMessage("expected an object".to_owned()));
        };
        match fields.get("type") {
            Some(Value::String(kind)) => match kind.as_str() {
                "Terminate" => Ok(Self::Terminate),
                "ForceEndpoint" => Ok(Self::ForceEndpoint),
                "KeepAlive" => Ok(Self::KeepAlive),
                "UpdateConfiguration" => serde_json::from_value(value)
                    .map(Self::UpdateConfiguration)
                    .map_err(|error| InvalidMessage(error.to_string())),
                unknown => Err(UnknownType(unknown.to_owned())),
            },
            Some(_) => Err(InvalidMessage("'type' must be a string".to_owned())),
            None => Err(InvalidMessage("'type' is missing".to_owned())),
        }
    }

    /// Encodes the text frame.
    ///
    /// # Errors
    ///
    /// Returns an error for numbers that JSON cannot represent (NaN, infinities).
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
