//! Faults that change the JSON of every message.

use serde_json::{Value, json};

/// Changes to the JSON of every message of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Alterations {
    /// Adds unknown fields to every object.
    pub(crate) extra_fields: bool,
    /// Adds one half to every time and duration that is an integer.
    pub(crate) fractional_numbers: bool,
}

impl Alterations {
    /// Changes an encoded message.
    pub(crate) fn apply(self, text: String) -> String {
        if self == Self::default() {
            return text;
        }
        // Never fails: the text is an encoded message.
        let Ok(mut value) = serde_json::from_str(&text) else {
            return text;
        };
        self.alter(&mut value);
        value.to_string()
    }

    fn alter(self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields.iter_mut() {
                    self.alter(field);
                    if self.fractional_numbers
                        && TIMES.contains(&name.as_str())
                        && let Some(whole) = field.as_u64()
                    {
                        *field = json!(whole as f64 + 0.5);
                    }
                }
                if self.extra_fields {
                    fields.insert(
                        "x_tomorrow".to_owned(),
                        json!({ "list": [1, null], "text": "?" }),
                    );
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.alter(item)),
            _ => {}
        }
    }
}

/// The times and durations that the protocol has as integers.
const TIMES: [&str; 10] = [
    "expires_at",
    "timestamp",
    "start",
    "end",
    "start_ms",
    "end_ms",
    "total_audio_received_ms",
    "total_duration_ms",
    "audio_duration_seconds",
    "session_duration_seconds",
];
