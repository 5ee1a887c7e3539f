//! Reading the page's configuration.

use inturn_client_core::{is_sign_in, problem::MicrophoneFailure};
use inturn_protocol::{ErrorEnvelope, JsonParser, PageConfig};

/// Parses the server's response to the request for the page's configuration.
///
/// # Errors
///
/// Returns [`MicrophoneFailure::SignedOut`] if the response is a sign-in page, and
/// [`MicrophoneFailure::Unloaded`] if it is anything else. The page then uses the default
/// configuration.
pub fn configuration(
    status: u16,
    body: &str,
    parser: JsonParser,
) -> Result<PageConfig, MicrophoneFailure> {
    let json = parser.parse(body).ok();
    let envelope = json.as_ref().and_then(ErrorEnvelope::from_json);
    if is_sign_in(status, body, envelope.as_ref()) {
        return Err(MicrophoneFailure::SignedOut);
    }
    let json = json.filter(|_| status == 200);
    let config = json.as_ref().and_then(PageConfig::from_json);
    config.ok_or(MicrophoneFailure::Unloaded)
}
