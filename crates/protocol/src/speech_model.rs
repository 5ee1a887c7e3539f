//! The service's speech models and their two families.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a speech model, the value of the parameter `speech_model`.
///
/// Any name is valid, because the service adds models without notice. [`SpeechModel::is_listed`]
/// returns whether the name was on the service's list in autumn 2026.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpeechModel(String);

/// How a model reports its turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Words become final one by one, and `transcript` holds only the final ones.
    UniversalStreaming,
    /// Every partial is a new version of the whole turn. Nothing is final before the turn's end.
    Universal3,
}

impl SpeechModel {
    /// Creates a model from its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the name on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if the service listed this name in September 2026.
    pub fn is_listed(&self) -> bool {
        LISTED.contains(&self.as_str())
    }

    /// Returns the names that the service listed in September 2026.
    pub fn listed() -> impl Iterator<Item = &'static str> {
        LISTED.into_iter()
    }

    /// Returns how this model reports its turns. An unknown model belongs to the newer family.
    pub fn family(&self) -> Family {
        if self.0.starts_with("universal-streaming-") || self.0 == "whisper-rt" {
            Family::UniversalStreaming
        } else {
            Family::Universal3
        }
    }
}

impl Default for SpeechModel {
    /// Returns Inturn's default model.
    fn default() -> Self {
        Self::new("universal-3-6-pro")
    }
}

impl fmt::Display for SpeechModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The list of the live service, measured on 24 September 2026.
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
    fn the_name_determines_the_family() {
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
