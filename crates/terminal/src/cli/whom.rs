//! Who transcribes: a team's server, the service, or the local service.

use std::str::FromStr;

use clap::Args;
use inturn_cli::{Currency, Price, RecogniserConfig, region};
use inturn_protocol::SessionCost;
use inturn_service::{Region, ServiceUrl};

/// Flags of who transcribes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Service")]
pub struct WhomConfig {
    /// Address of a team's Inturn server, which hands out the tokens. The passphrase for its
    /// sign-in comes from INTURN_SERVER_PASSPHRASE or the file in INTURN_SERVER_PASSPHRASE_FILE;
    /// headers for a proxy from INTURN_SERVER_HEADERS or the file in INTURN_SERVER_HEADERS_FILE,
    /// one `Name: value` per line. `INTURN_SERVER`, default none.
    #[arg(long, env = "INTURN_SERVER", value_name = "URL")]
    pub server: Option<ServerUrl>,

    /// Data zone where audio and text stay. `INTURN_REGION`, default none: the nearest data centre.
    #[arg(
        long,
        env = "INTURN_REGION",
        value_name = "REGION",
        value_parser = region()
    )]
    pub region: Option<Region>,

    /// Base URL of the speech service, http or https. `INTURN_SERVICE_URL`, default
    /// `https://streaming.assemblyai.com`.
    #[arg(long, env = "INTURN_SERVICE_URL", value_name = "URL")]
    pub service_url: Option<ServiceUrl>,

    /// Use the local service even if there is a key: no audio leaves this machine.
    #[arg(long)]
    pub local_service: bool,

    /// The recogniser of the local service.
    #[command(flatten)]
    pub recogniser: RecogniserConfig,

    /// Price of one hour of a session, such as `0.45`, to show what the recording costs.
    /// `INTURN_COST_PER_HOUR`, default none.
    #[arg(
        long,
        env = "INTURN_COST_PER_HOUR",
        value_name = "PRICE",
        allow_negative_numbers = true
    )]
    pub rate_per_hour: Option<Price>,

    /// Currency of that price, such as `€` or `CHF`. `INTURN_COST_CURRENCY`, default `$`.
    #[arg(
        long,
        env = "INTURN_COST_CURRENCY",
        value_name = "TEXT",
        default_value = "$"
    )]
    pub currency: Currency,
}

impl WhomConfig {
    /// The base URL of the service.
    pub fn service(&self) -> ServiceUrl {
        match &self.service_url {
            Some(url) => url.clone(),
            None => ServiceUrl::of(self.region),
        }
    }

    /// What an hour of a session costs, if that is to be shown.
    pub fn price(&self) -> Option<SessionCost> {
        Some(SessionCost {
            per_hour_micros: self.rate_per_hour?.micros(),
            currency: self.currency.before_amount(),
        })
    }

    /// Lets flags win over variables. `is_flag` says whether a value comes from a flag, and
    /// `parameter` is a flag of sessions that was used.
    ///
    /// # Errors
    ///
    /// What is wrong with the combination.
    pub(super) fn settle(
        &mut self,
        is_flag: impl Fn(&str) -> bool,
        parameter: Option<&str>,
    ) -> Result<(), String> {
        let are_both = |a, b| is_flag(a) && is_flag(b);
        let is_of_account = self.server.is_none() && !self.local_service;
        let zones = is_of_account && self.region.is_some() && self.service_url.is_some();
        for (a, b) in CONFLICTS {
            let is_undecided = zones && (a, b) == ZONES && is_flag(a) == is_flag(b);
            if are_both(a, b) || is_undecided {
                let (a, b) = (a.replace('_', "-"), b.replace('_', "-"));
                return Err(format!(
                    "--{a} and --{b} can't be used together: remove one."
                ));
            }
        }
        let is_of_service = ["local_service", "region", "service_url"];
        if is_of_service.into_iter().any(&is_flag) {
            self.server = None;
        }
        if self.server.is_some() || self.local_service {
            (self.region, self.service_url) = (None, None);
        } else if is_flag("region") {
            self.service_url = None;
        } else if is_flag("service_url") {
            self.region = None;
        }
        match (&self.server, parameter) {
            (Some(_), Some(flag)) => Err(format!(
                "{flag} and --server can't be used together: the server decides how it is \
                 transcribed."
            )),
            _ => Ok(()),
        }
    }
}

const ZONES: (&str, &str) = ("region", "service_url");

/// Flags that can't be used together.
const CONFLICTS: [(&str, &str); 6] = [
    ("server", "region"),
    ("server", "service_url"),
    ("server", "local_service"),
    ("local_service", "region"),
    ("local_service", "service_url"),
    ZONES,
];

/// The address of an Inturn server: http or https, possibly with a path prefix.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerUrl(ServiceUrl);

impl ServerUrl {
    /// The address.
    pub fn url(&self) -> &ServiceUrl {
        &self.0
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The rules are the same as for the service: no secret may be in the address.
        text.parse::<ServiceUrl>()
            .map(Self)
            .map_err(|_| ServerUrlError)
    }
}

/// The text is not the address of a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "it must be an address such as https://inturn.example or https://tools.example/inturn, without \
     a password or a query"
)]
pub struct ServerUrlError;
