//! The page's configuration.

use inturn_client_core::is_sign_in;
use inturn_client_core::problem::MicrophoneFailure;
use inturn_protocol::PageConfig;

/// Reads what came of asking for the page's configuration: the status and the body.
///
/// # Errors
///
/// [`MicrophoneFailure::SignedOut`] if a sign-in page answered, [`MicrophoneFailure::Unloaded`] for any other
/// answer. The page then uses the default configuration.
pub fn configuration(status: u16, body: &str) -> Result<PageConfig, MicrophoneFailure> {
    if is_sign_in(status, body) {
        return Err(MicrophoneFailure::SignedOut);
    }
    let config = (status == 200).then(|| PageConfig::decode(body));
    config.flatten().ok_or(MicrophoneFailure::Unloaded)
}
