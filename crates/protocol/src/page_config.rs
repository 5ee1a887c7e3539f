//! What the page must know before anybody presses Record.

use serde::{Deserialize, Serialize};

/// The answer of `GET /config`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageConfig {
    /// How to ask the browser for the microphone.
    #[serde(default)]
    pub capture: CaptureConfig,
    /// Milliseconds of audio in one frame, 50 to 1000.
    #[serde(default = "default_chunk_ms")]
    pub chunk_ms: u32,
    /// Set when the local service stands in for the real one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_service: Option<LocalService>,
}

/// The browser's own sound processing, each as a `getUserMedia` constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptureConfig {
    /// `echoCancellation`
    pub echo_cancellation: bool,
    /// `noiseSuppression`
    pub noise_suppression: bool,
    /// `autoGainControl`
    pub auto_gain_control: bool,
}

/// Which recogniser the local service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalService {
    /// Real words from the microphone, less exact than the service's.
    Pocketsphinx,
    /// A fixed text timed to the voice: nothing that is said matters.
    #[serde(other)]
    Script,
}

impl Default for PageConfig {
    fn default() -> Self {
        Self {
            capture: CaptureConfig::default(),
            chunk_ms: default_chunk_ms(),
            local_service: None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_config_is_the_default() {
        let config: PageConfig = serde_json::from_str("{}").expect("decodes");
        assert_eq!(config, PageConfig::default());
    }

    #[test]
    fn one_switch_leaves_the_others() {
        let config: PageConfig =
            serde_json::from_str(r#"{"capture":{"echo_cancellation":false}}"#).expect("decodes");
        assert!(!config.capture.echo_cancellation && config.capture.noise_suppression);
    }
}
