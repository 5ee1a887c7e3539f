use std::time::Duration;

use clap::Args;
use inturn_cli::region;
use inturn_service::{CALL_TIMEOUT, Region, ServiceUrl};

/// The speech service, and the timeout of calls to it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Speech service")]
pub struct ServiceConfig {
    /// Base URL of the speech service, http or https. The WebSocket URL is derived from it.
    /// `INTURN_SERVICE_URL`, default `https://streaming.assemblyai.com`.
    #[arg(
        long,
        env = "INTURN_SERVICE_URL",
        value_name = "URL",
        conflicts_with = "region"
    )]
    pub service_url: Option<ServiceUrl>,

    /// Data zone where audio and text stay. `INTURN_REGION`, default none: the nearest data centre.
    #[arg(
        long,
        env = "INTURN_REGION",
        value_name = "REGION",
        value_parser = region()
    )]
    pub region: Option<Region>,

    /// Timeout of one call to the service in seconds, 1 to 9.
    /// `INTURN_UPSTREAM_TIMEOUT_SECONDS`, default 8.
    // The page waits ten seconds for its token. The server's response, which has the cause, must
    // arrive before that.
    #[arg(
        long,
        env = "INTURN_UPSTREAM_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = CALL_TIMEOUT.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=9)
    )]
    pub upstream_timeout_seconds: u64,
}

impl ServiceConfig {
    /// The base URL of the service.
    pub fn url(&self) -> ServiceUrl {
        match &self.service_url {
            Some(url) => url.clone(),
            None => ServiceUrl::of(self.region),
        }
    }

    /// The timeout of one call to the service.
    pub fn upstream_timeout(&self) -> Duration {
        Duration::from_secs(self.upstream_timeout_seconds)
    }
}
