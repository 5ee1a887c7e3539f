use clap::Args;
use inturn_cli::RecogniserConfig;

/// The local service, which is used if there is no key.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Local service (without a key)")]
pub struct LocalConfig {
    /// Use the local service even if there is a key. Without a key, `--auth loopback` uses it
    /// automatically; the other modes require this flag. `INTURN_LOCAL_SERVICE`, default false.
    #[arg(
        long,
        env = "INTURN_LOCAL_SERVICE",
        value_name = "BOOL",
        default_value_t = false,
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = clap::ArgAction::Set
    )]
    pub local_service: bool,

    /// The recogniser.
    #[command(flatten)]
    pub recogniser: RecogniserConfig,

    /// Open sessions of the local service for each person, 2 to 1000.
    /// `INTURN_LOCAL_PERSON_SESSIONS`, default one per CPU core, at least 2; no limit under `--auth
    /// loopback`.
    #[arg(
        long,
        env = "INTURN_LOCAL_PERSON_SESSIONS",
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(2..=1000)
    )]
    pub local_person_sessions: Option<u16>,
}
