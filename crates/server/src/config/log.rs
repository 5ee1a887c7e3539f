use std::{fmt, str::FromStr};

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// What is logged, and how.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Logs")]
pub struct LogConfig {
    /// What is logged: a level, or levels by module. `INTURN_LOG_FILTER`, default `info`.
    #[arg(
        long,
        env = "INTURN_LOG_FILTER",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log_filter: LogFilter,

    /// How a log line looks. `INTURN_LOG_FORMAT`, default `text`.
    #[arg(
        long,
        env = "INTURN_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value_t
    )]
    pub log_format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object a line, for programs.
    Json,
}

/// A filter that was understood: `info`, `warn,inturn_server=debug` and the like.
#[derive(Clone, Eq, PartialEq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter as the log's machinery takes it.
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
    "it must be error, warn, info, debug or trace, or levels by module such as warn,inturn_server=debug"
)]
pub struct LogFilterError;
