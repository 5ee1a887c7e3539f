//! Fetching the page's configuration.

use inturn_client_core::problem::MicrophoneFailure;
use inturn_page_core::configuration;
use inturn_protocol::PageConfig;

use crate::browser;

/// Requests the configuration. The URL is relative, because the page may be served under any
/// prefix.
pub(super) async fn fetch() -> Result<PageConfig, MicrophoneFailure> {
    let (status, body) = browser::get("config", None, TIMEOUT_MS)
        .await
        .ok_or(MicrophoneFailure::Unloaded)?;
    configuration(status, &body)
}

/// Timeout for the configuration, in milliseconds. After it, the page uses the defaults and enables
/// the button.
const TIMEOUT_MS: u32 = 5_000;
