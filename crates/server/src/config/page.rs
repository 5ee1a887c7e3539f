use clap::{ArgAction, Args, builder::BoolishValueParser};

/// Settings of the page for capturing audio. The first three are defaults, which a person can
/// change on the page.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Audio capture")]
pub struct PageSettings {
    /// Echo cancellation in the browser; a default that a person can change on the page.
    /// `INTURN_ECHO_CANCELLATION`, default true.
    #[arg(long, env = "INTURN_ECHO_CANCELLATION", default_value_t = true,
        value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub echo_cancellation: bool,

    /// Noise suppression in the browser; a default that a person can change on the page.
    /// `INTURN_NOISE_SUPPRESSION`, default true.
    #[arg(long, env = "INTURN_NOISE_SUPPRESSION", default_value_t = true,
        value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub noise_suppression: bool,

    /// Automatic gain control in the browser; a default that a person can change on the page.
    /// `INTURN_AUTO_GAIN_CONTROL`, default true.
    #[arg(long, env = "INTURN_AUTO_GAIN_CONTROL", default_value_t = true,
        value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub auto_gain_control: bool,

    /// Milliseconds of audio in one chunk sent to the service, 50 to 1000. `INTURN_CHUNK_MS`,
    /// default 100.
    // The range is the service's own.
    #[arg(
        long,
        env = "INTURN_CHUNK_MS",
        value_name = "MS",
        default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(50..=1000)
    )]
    pub chunk_ms: u16,
}
