use clap::{Args, ValueEnum};

/// The local service that stands in when there is no key.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Local service (without a key)")]
pub struct LocalConfig {
    /// What the local service hears with. `INTURN_RECOGNISER`, default `auto`.
    #[arg(long, env = "INTURN_RECOGNISER", value_name = "NAME", value_enum, default_value_t)]
    pub recogniser: RecogniserChoice,
}

/// What the local service hears with.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum RecogniserChoice {
    /// PocketSphinx where its library and model are installed, the script otherwise.
    #[default]
    Auto,
    /// Real words from the microphone; an error where it is not installed.
    #[value(name = "pocketsphinx")]
    PocketSphinx,
    /// Words from a script, timed to the voice.
    Script,
}
