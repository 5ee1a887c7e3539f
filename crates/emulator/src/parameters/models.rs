//! From the model that was asked for to the one in use.

use inturn_protocol::{Family, SpeechModel};

/// The model that serves a session: the default if none was asked for, and its replacement if it is
/// retired. A retired model is never refused.
pub(super) fn in_use(asked: Option<&str>) -> SpeechModel {
    let asked = asked.unwrap_or(DEFAULT_MODEL);
    let replaced = REDIRECTS.iter().find(|(retired, _)| *retired == asked);
    SpeechModel::new(replaced.map_or(asked, |(_, replacement)| replacement))
}

/// A listed model of the same family.
pub(super) fn listed_relative(name: &str) -> &'static str {
    match SpeechModel::new(name).family() {
        Family::UniversalStreaming => "universal-streaming-english",
        Family::Universal3 => DEFAULT_MODEL,
    }
}

/// The service's own default since 29 September 2026.
const DEFAULT_MODEL: &str = "universal-3-6-pro";
/// Retired models and what serves in their place: since 2 September 2026.
const REDIRECTS: [(&str, &str); 1] = [("u3-rt-pro", "universal-3-5-pro")];
