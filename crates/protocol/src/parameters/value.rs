//! Encoding and decoding of the parameters' values in a query.

use std::{fmt::Display, ops::RangeInclusive};

use super::kinds::{Encoding, ParameterError, RedactionStyle, TurnMode, VoiceFocus};
use crate::speech_model::SpeechModel;

/// A value that converts to and from its text in the query.
pub(super) trait Value: Sized {
    fn from_text(text: &str) -> Result<Self, String>;
    fn to_text(&self) -> String;
}

/// Checks a number against its inclusive bounds. NaN is in no range.
pub(super) fn bounded<T: PartialOrd + Display + Copy>(
    name: &'static str,
    value: Option<T>,
    range: RangeInclusive<T>,
) -> Result<(), ParameterError> {
    match value {
        Some(value) if !range.contains(&value) => {
            let why = format!("expected {} to {}, got {value}", range.start(), range.end());
            Err(ParameterError { name, why })
        }
        _ => Ok(()),
    }
}

impl Value for String {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn to_text(&self) -> String {
        self.clone()
    }
}

impl Value for SpeechModel {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self::new(text))
    }

    fn to_text(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Value for u32 {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| "expected a whole number".to_owned())
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl Value for f64 {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "expected a number".to_owned())
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "true" | "True" => Ok(true),
            "false" | "False" => Ok(false),
            _ => Err("expected true or false".to_owned()),
        }
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

/// A list is one parameter with a JSON array.
impl Value for Vec<String> {
    fn from_text(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|_| "Invalid JSON array".to_owned())
    }

    fn to_text(&self) -> String {
        // A list of strings always serializes.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Declares the names of an enum on the wire once, for both directions.
macro_rules! wire_names {
    ($kind:ty { $($variant:ident = $text:literal,)* }) => {
        impl Value for $kind {
            fn from_text(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!("expected one of {}", [$($text),*].join(", "))),
                }
            }

            fn to_text(&self) -> String {
                match self {
                    $(Self::$variant => $text,)*
                }
                .to_owned()
            }
        }
    };
}

wire_names!(Encoding {
    PcmS16le = "pcm_s16le",
    PcmMulaw = "pcm_mulaw",
    Opus = "opus",
    OggOpus = "ogg_opus",
    Aac = "aac",
});
wire_names!(RedactionStyle { Hash = "hash", EntityName = "entity_name", });
wire_names!(TurnMode {
    MinLatency = "min_latency",
    Balanced = "balanced",
    MaxAccuracy = "max_accuracy",
});
wire_names!(VoiceFocus { NearField = "near-field", FarField = "far-field", });
