//! What a client says in text frames. Audio goes as binary frames and has no type.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One control message of a client.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum ClientMessage {
    /// End the session: the service flushes the open turn, says `Termination` and closes.
    /// Only this stops the meter.
    Terminate,
    /// End the open turn now.
    ForceEndpoint,
    /// Reset the inactivity timer.
    KeepAlive,
    /// Change settings in mid-session. The service never answers it.
    UpdateConfiguration(Box<UpdateConfiguration>),
}

/// [`ClientMessage::Terminate`] as its text frame: what every client says, whatever else it never does.
pub const TERMINATE: &str = r#"{"type":"Terminate"}"#;

/// Settings that can change in mid-session; those left out stay as they are.
///
/// Which of them a model takes depends on its family.
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
    /// Replaces the list; empty clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyterms_prompt: Option<Vec<String>>,
    /// Formatted finals, for the Universal-Streaming family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format_turns: Option<bool>,
    /// Mask profanity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_profanity: Option<bool>,
    /// A turn-detection preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Context for the model; empty clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What the other side last said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_context: Option<String>,
    /// From the next turn on; empty clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_codes: Option<Vec<String>>,
    /// Partials through long speech.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuous_partials: Option<bool>,
    /// Milliseconds, 0 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interruption_delay: Option<u32>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_left_pad_ms: Option<u32>,
    /// Report stretches of silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledge_silence: Option<bool>,
    /// Send heartbeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_heartbeat: Option<bool>,
}

/// Why the service would refuse a control message. `Display` is the service's own wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientMessageError {
    /// Not JSON at all.
    #[error("Invalid JSON: {0}")]
    InvalidJson(String),
    /// JSON, but no object with a `type`, or with fields of the wrong kind.
    #[error("Invalid Message: {0}")]
    InvalidMessage(String),
    /// A type the service does not know.
    #[error("Invalid Message Type: {0}")]
    UnknownType(String),
}

impl ClientMessage {
    /// Reads one text frame as strictly as the service does.
    ///
    /// # Errors
    /// For anything but the four messages; the service answers with 3006 and closes.
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

    /// Writes the text frame.
    ///
    /// # Errors
    /// Only for numbers JSON cannot hold (NaN, infinities).
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
