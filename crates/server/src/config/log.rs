use std::{fmt, str::FromStr};

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

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

/// A valid filter, such as `info` or `warn,inturn_server=debug`.
#[derive(Clone, Eq, PartialEq)]
pub struct LogFilter(String);

impl LogFilter {
    /// Converts the filter for `tracing_subscriber`.
    pub fn to_env_filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

impl FromStr for LogFilter {
    type Err = LogFilterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match EnvFilter::builder().parse(text) {
            Ok(_) if !text.trim().is_empty() => Ok(Self(text.to_owned())),
            _ => Err(LogFilterError),
        }
    }
}

impl fmt::Debug for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a filter.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "it must be error, warn, info, debug or trace, or levels by module such as \
     warn,inturn_server=debug"
)]
pub struct LogFilterError;
