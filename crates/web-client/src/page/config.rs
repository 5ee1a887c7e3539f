//! Fetching the page's configuration.

use inturn_client_core::problem::MicrophoneFailure;
use inturn_page_core::configuration;
use inturn_protocol::PageConfig;

use super::early;
use crate::browser::{self, JSON};

/// Requests the configuration. The URL is relative, because the page may be served under any
/// prefix.
pub(super) async fn fetch() -> Result<PageConfig, MicrophoneFailure> {
    let response = match early::config() {
        Some(response) => Some(response),
        None => browser::get("config", None, TIMEOUT_MS).await,
    };
    let (status, body) = response.ok_or(MicrophoneFailure::Unloaded)?;
    configuration(status, &body, JSON)
}

/// Timeout for the configuration, in milliseconds. After it, the page uses the defaults and enables
/// the button.
const TIMEOUT_MS: u32 = 5_000;
