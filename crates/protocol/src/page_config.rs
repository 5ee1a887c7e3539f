//! What the page must know before anybody presses Record.

use serde::{Deserialize, Deserializer, Serialize};

use crate::lenient::{self, or_default};

/// The answer of `GET /config`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct PageConfig {
    /// How to ask the browser for the microphone.
    #[serde(deserialize_with = "or_default")]
    pub capture: CaptureConfig,
    /// Milliseconds of audio in one frame, 50 to 1000.
    #[serde(deserialize_with = "chunk_ms")]
    pub chunk_ms: u32,
    /// Set when the local service stands in for the real one.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub local_service: Option<LocalService>,
    /// Where to sign in, relative to the page, when this server itself asks for it.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub sign_in_url: Option<String>,
}

/// The browser's own sound processing, each as a `getUserMedia` constraint.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct CaptureConfig {
    /// `echoCancellation`
    #[serde(deserialize_with = "or_true")]
    pub echo_cancellation: bool,
    /// `noiseSuppression`
    #[serde(deserialize_with = "or_true")]
    pub noise_suppression: bool,
    /// `autoGainControl`
    #[serde(deserialize_with = "or_true")]
    pub auto_gain_control: bool,
}

/// Which recogniser the local service has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalService {
    /// Real words from the microphone, less exact than the service's.
    Pocketsphinx,
    /// A fixed text timed to the voice: nothing that is said matters. One that a newer server names
    /// reads as this too: people must not expect much of it.
    #[serde(other)]
    Script,
}

impl PageConfig {
    /// Reads the answer. A field that is left out or of an unexpected type has its default. Returns
    /// `None` if the answer is no JSON object.
    pub fn decode(text: &str) -> Option<Self> {
        lenient::read_text(text)
    }
}

impl Default for PageConfig {
    fn default() -> Self {
        Self {
            capture: CaptureConfig::default(),
            chunk_ms: default_chunk_ms(),
            local_service: None,
            sign_in_url: None,
        }
    }
}

impl Default for CaptureConfig {
    /// What browsers do unasked, and what suits a voice before a laptop.
    fn default() -> Self {
        Self {
            echo_cancellation: true,
            noise_suppression: true,
            auto_gain_control: true,
        }
    }
}

/// 100 ms: the shortest chunk that keeps the frame rate at ten a second.
fn default_chunk_ms() -> u32 {
    100
}

fn chunk_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let ms = lenient::some_whole(deserializer)?;
    Ok(ms.unwrap_or_else(default_chunk_ms))
}

fn or_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(bool::deserialize(deserializer).unwrap_or(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_config_is_the_default() {
        assert_eq!(PageConfig::decode("{}"), Some(PageConfig::default()));
    }

    #[test]
    fn what_is_written_is_read() {
        for local_service in [
            None,
            Some(LocalService::Pocketsphinx),
            Some(LocalService::Script),
        ] {
            let config = PageConfig {
                chunk_ms: 50,
                local_service,
                sign_in_url: local_service.map(|_| "sign-in".to_owned()),
                ..PageConfig::default()
            };
            let text = serde_json::to_string(&config).expect("is written");
            assert_eq!(PageConfig::decode(&text), Some(config), "{text}");
        }
    }

    #[test]
    fn what_is_no_config_is_refused() {
        for text in ["", "[]", "7", "null", r#""chunk_ms""#] {
            assert_eq!(PageConfig::decode(text), None, "{text}");
        }
    }

    #[test]
    fn one_odd_field_leaves_the_others() {
        for field in [
            r#""chunk_ms":"long""#,
            r#""capture":[true]"#,
            r#""capture":{"echo_cancellation":1}"#,
            r#""local_service":{}"#,
        ] {
            let text = format!(r#"{{{field},"sign_in_url":"sign-in"}}"#);
            let config = PageConfig {
                sign_in_url: Some("sign-in".to_owned()),
                ..PageConfig::default()
            };
            assert_eq!(PageConfig::decode(&text), Some(config), "{text}");
        }
    }

    #[test]
    fn one_switch_leaves_the_others() {
        let config =
            PageConfig::decode(r#"{"capture":{"echo_cancellation":false}}"#).expect("decodes");
        assert!(!config.capture.echo_cancellation && config.capture.noise_suppression);
    }
}
