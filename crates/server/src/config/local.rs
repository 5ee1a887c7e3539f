use clap::Args;
use inturn_emulator::RecogniserChoice;

/// The local service that stands in when there is no key.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Local service (without a key)")]
pub struct LocalConfig {
    /// Has the local service stand in for the real one, key or no key. Without a key it does so unasked,
    /// but under `--auth loopback` only. `INTURN_LOCAL_SERVICE`, default `false`.
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

    /// What it hears with: `auto` is PocketSphinx where that is installed. `INTURN_RECOGNISER`, default `auto`.
    #[arg(
        long,
        env = "INTURN_RECOGNISER",
        value_name = "NAME",
        value_enum,
        default_value_t
    )]
    pub recogniser: RecogniserChoice,

    /// Sessions of the local service that one person may have open at once, 2 to 1000.
    /// `INTURN_LOCAL_PERSON_SESSIONS`, default: one for each core, at least 2; under `--auth loopback` no limit.
    #[arg(
        long,
        env = "INTURN_LOCAL_PERSON_SESSIONS",
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(2..=1000)
    )]
    pub local_person_sessions: Option<u16>,
}
