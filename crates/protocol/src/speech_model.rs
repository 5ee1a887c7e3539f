//! The service's speech models and the two ways they speak.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a speech model, as `speech_model` carries it.
///
/// Any name can be held, since the service's list grows without us; [`SpeechModel::is_listed`] says
/// whether the name was on it in autumn 2026.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpeechModel(String);

/// How a model reports its turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Words become final one by one; `transcript` holds the final ones only.
    UniversalStreaming,
    /// Every partial is the whole turn anew; nothing is final before the turn's end.
    Universal3,
}

impl SpeechModel {
    /// Names the model.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the service listed this name in September 2026.
    pub fn is_listed(&self) -> bool {
        LISTED.contains(&self.as_str())
    }

    /// The names the service listed in September 2026.
    pub fn listed() -> impl Iterator<Item = &'static str> {
        LISTED.into_iter()
    }

    /// How this model reports its turns. A name we do not know speaks the newer way.
    pub fn family(&self) -> Family {
        if self.0.starts_with("universal-streaming-") || self.0 == "whisper-rt" {
            Family::UniversalStreaming
        } else {
            Family::Universal3
        }
    }
}

impl Default for SpeechModel {
    /// The model Inturn asks for unless told otherwise.
    fn default() -> Self {
        Self::new("universal-3-6-pro")
    }
}

impl fmt::Display for SpeechModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The list measured on the live service on 24 September 2026.
const LISTED: [&str; 11] = [
    "universal-streaming-english",
    "universal-streaming-multilingual",
    "whisper-rt",
    "u3-rt-pro",
    "u3-rt-pro-beta-1",
    "u3-rt-agent",
    "universal-3-5-pro",
    "universal-3-6-pro",
    "universal-3-6",
    "universal-3-7-preview",
    "_universal-3-5-notetaker",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_by_name() {
        for name in LISTED {
            let us = name.starts_with("universal-streaming") || name == "whisper-rt";
            let family = SpeechModel::new(name).family();
            assert_eq!(family == Family::UniversalStreaming, us, "{name}");
        }
        assert_eq!(SpeechModel::new("universal-9").family(), Family::Universal3);
    }

    #[test]
    fn the_retired_alias_is_not_listed() {
        assert!(!SpeechModel::new("u3-pro").is_listed());
        assert!(SpeechModel::default().is_listed());
    }
}
