//! `Begin`, the first message of a session.

use std::time::Duration;

use inturn_protocol::{Begin, Configuration, Family, SpeechModel, TurnMode, VoiceFocus};

use crate::admission::Admission;

/// Returns the message. `opened` is the Unix time at which the socket was opened.
pub(super) fn message(id: &str, opened: Duration, admission: &Admission) -> Begin {
    let parameters = &admission.parameters;
    let model = parameters.model();
    let mode = match (model.family(), parameters.mode) {
        (Family::UniversalStreaming, _) => None,
        (Family::Universal3, Some(TurnMode::MinLatency)) => Some("min_latency"),
        (Family::Universal3, Some(TurnMode::Balanced) | None) => Some("balanced"),
        (Family::Universal3, Some(TurnMode::MaxAccuracy)) => Some("max_accuracy"),
    };
    let voice_focus = parameters.voice_focus.map(|focus| match focus {
        VoiceFocus::NearField => "near-field",
        VoiceFocus::FarField => "far-field",
    });
    Begin {
        id: id.to_owned(),
        expires_at: opened.as_secs() + u64::from(admission.session_secs),
        configuration: Some(Configuration {
            model: Some(model.as_str().to_owned()),
            mode: mode.map(str::to_owned),
            api_version: Some(admission.api_version.clone()),
            speaker_labels: parameters.speaker_labels == Some(true),
            redact_pii: parameters.redact_pii == Some(true),
            filter_profanity: parameters.filter_profanity == Some(true),
            domain: parameters.domain.clone(),
            voice_focus: voice_focus.map(str::to_owned),
        }),
    }
}

/// Whether the service lists the model but ends its sessions right after `Begin`.
pub(super) fn fails_after_begin(model: &SpeechModel) -> bool {
    FAILING_MODELS.contains(&model.as_str())
}

/// Measured in autumn 2026.
const FAILING_MODELS: [&str; 2] = ["u3-rt-agent", "universal-3-7-preview"];
