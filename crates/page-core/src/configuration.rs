//! Reading the page's configuration.

use inturn_client_core::{is_sign_in, problem::MicrophoneFailure};
use inturn_protocol::PageConfig;

/// Parses the server's response to the request for the page's configuration.
///
/// # Errors
///
/// Returns [`MicrophoneFailure::SignedOut`] if the response is a sign-in page, and
/// [`MicrophoneFailure::Unloaded`] if it is anything else. The page then uses the default
/// configuration.
pub fn configuration(status: u16, body: &str) -> Result<PageConfig, MicrophoneFailure> {
    if is_sign_in(status, body) {
        return Err(MicrophoneFailure::SignedOut);
    }
    let config = (status == 200).then(|| PageConfig::decode(body));
    config.flatten().ok_or(MicrophoneFailure::Unloaded)
}
