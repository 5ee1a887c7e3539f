use clap::{ArgAction, Args, builder::BoolishValueParser};

/// What the page stores on people's devices.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Storage")]
pub struct StorageConfig {
    /// Stores transcripts on people's devices, so that they survive a crash or a reload.
    /// Transcripts never reach the server. If this is false, the page stores none, and deletes
    /// those of this server at the next visit. `INTURN_STORE_TRANSCRIPTS`, default true.
    #[arg(long, env = "INTURN_STORE_TRANSCRIPTS", default_value_t = true,
        value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub store_transcripts: bool,
}
