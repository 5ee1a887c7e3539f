use clap::{Args, ValueEnum};
use inturn_cli::LogFilter;

/// The log's filter and format.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Logs")]
pub struct LogConfig {
    /// Log level, or levels by module such as `warn,inturn_server=debug`. `INTURN_LOG_FILTER`,
    /// default `info`.
    #[arg(
        long,
        env = "INTURN_LOG_FILTER",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log_filter: LogFilter,

    /// Format of log lines. `INTURN_LOG_FORMAT`, default `text`.
    #[arg(
        long,
        env = "INTURN_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value_t
    )]
    pub log_format: LogFormat,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object per line, for programs.
    Json,
}
