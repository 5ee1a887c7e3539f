use clap::{ArgAction, Args, builder::BoolishValueParser};

/// What the page is told about capturing sound. The first three are defaults: a person may choose
/// otherwise on the page.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Capturing sound")]
pub struct PageSettings {
    /// Whether the browser removes the echo of its own loudspeaker, unless the person chooses
    /// otherwise on the page. `INTURN_ECHO_CANCELLATION`, default true.
    #[arg(long, env = "INTURN_ECHO_CANCELLATION", default_value_t = true,
        value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub echo_cancellation: bool,

    /// Whether the browser suppresses noise, unless the person chooses otherwise on the page.
    /// `INTURN_NOISE_SUPPRESSION`, default true.
    #[arg(long, env = "INTURN_NOISE_SUPPRESSION", default_value_t = true,
        value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub noise_suppression: bool,

    /// Whether the browser evens out how loud a voice is, unless the person chooses otherwise on
    /// the page. `INTURN_AUTO_GAIN_CONTROL`, default true.
    #[arg(long, env = "INTURN_AUTO_GAIN_CONTROL", default_value_t = true,
        value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub auto_gain_control: bool,

    /// Milliseconds of sound in one binary frame, 50 to 1000. `INTURN_CHUNK_MS`, default 100.
    // The bounds are the service's own.
    #[arg(
        long,
        env = "INTURN_CHUNK_MS",
        value_name = "MS",
        default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(50..=1000)
    )]
    pub chunk_ms: u16,
}
