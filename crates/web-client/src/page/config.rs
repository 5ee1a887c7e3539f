//! The page's configuration, from the server.

use inturn_client_core::problem::MicrophoneFailure;
use inturn_page_core::configuration;
use inturn_protocol::PageConfig;

use crate::browser;

/// Asks the server, by a relative address: it may live below any prefix.
pub(super) async fn fetch() -> Result<PageConfig, MicrophoneFailure> {
    let (status, body) = browser::get("config", None, PATIENCE_MS)
        .await
        .ok_or(MicrophoneFailure::Unloaded)?;
    configuration(status, &body)
}

/// How long the button waits for the configuration before it goes on with the defaults.
const PATIENCE_MS: u32 = 5_000;
