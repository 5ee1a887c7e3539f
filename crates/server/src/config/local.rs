use clap::Args;
use inturn_emulator::RecogniserChoice;

/// The local service that stands in when there is no key.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Local service (without a key)")]
pub struct LocalConfig {
    /// What it hears with: `auto` is PocketSphinx where that is installed. `INTURN_RECOGNISER`, default `auto`.
    #[arg(
        long,
        env = "INTURN_RECOGNISER",
        value_name = "NAME",
        value_enum,
        default_value_t
    )]
    pub recogniser: RecogniserChoice,
}
