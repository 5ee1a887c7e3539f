use std::time::Duration;

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use inturn_service::{CALL_TIMEOUT, Region, ServiceUrl};

/// Which speech service is used, and how patiently.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Speech service")]
pub struct ServiceConfig {
    /// Base address of the service, http or https; the socket's address follows from it.
    /// `INTURN_SERVICE_URL`, default `https://streaming.assemblyai.com`.
    #[arg(
        long,
        env = "INTURN_SERVICE_URL",
        value_name = "URL",
        conflicts_with = "region"
    )]
    pub service_url: Option<ServiceUrl>,

    /// Data zone that sound and text stay in. `INTURN_REGION`, default none: the nearest.
    #[arg(
        long,
        env = "INTURN_REGION",
        value_name = "REGION",
        value_parser = region()
    )]
    pub region: Option<Region>,

    /// Seconds that one call to the service may take in all, 1 to 9.
    /// `INTURN_UPSTREAM_TIMEOUT_SECONDS`, default 8.
    // The page waits ten seconds for its token: an answer from here, with its cause, must come
    // before the page gives up.
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
    /// The service that was chosen.
    pub fn url(&self) -> ServiceUrl {
        match &self.service_url {
            Some(url) => url.clone(),
            None => ServiceUrl::of(self.region),
        }
    }

    /// How long one call to the service may take in all.
    pub fn upstream_timeout(&self) -> Duration {
        Duration::from_secs(self.upstream_timeout_seconds)
    }
}

/// Reads the name of a region, and lists them all in `--help`.
fn region() -> impl TypedValueParser<Value = Region> {
    let named = |region: Region| {
        let help = format!("Sound and text stay in {}", region.place());
        PossibleValue::new(region.name()).help(help)
    };
    PossibleValuesParser::new(Region::ALL.map(named)).try_map(|name| name.parse::<Region>())
}
