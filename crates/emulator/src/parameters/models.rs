//! Selects the model for a session.

use inturn_protocol::{Family, SpeechModel};

/// Returns the model for a session: the default if none was requested, and the replacement of a
/// retired model. A retired model is never refused.
pub(super) fn in_use(requested: Option<&str>) -> SpeechModel {
    let requested = requested.unwrap_or(DEFAULT_MODEL);
    let replaced = REDIRECTS.iter().find(|(retired, _)| *retired == requested);
    SpeechModel::new(replaced.map_or(requested, |(_, replacement)| replacement))
}

/// Returns a listed model of the same family.
pub(super) fn listed_model_of_family(name: &str) -> &'static str {
    match SpeechModel::new(name).family() {
        Family::UniversalStreaming => "universal-streaming-english",
        Family::Universal3 => DEFAULT_MODEL,
    }
}

/// The service's default since 29 September 2026.
const DEFAULT_MODEL: &str = "universal-3-6-pro";
/// Retired models and their replacements, since 2 September 2026.
const REDIRECTS: [(&str, &str); 1] = [("u3-rt-pro", "universal-3-5-pro")];
