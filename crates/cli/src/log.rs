//! The filter of a log, and what no log may contain.

use std::{fmt, str::FromStr};

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;

/// A valid filter, such as `info` or `warn,inturn_service=debug`.
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
     warn,inturn_service=debug"
)]
pub struct LogFilterError;

/// Whether a line can't contain a secret or what people said.
///
/// Third-party crates never log below `info`, even if the filter allows it: their `debug` and
/// `trace` lines contain request heads, queries and frames, and so tokens and what people said.
pub fn is_safe_to_log(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("inturn") || *metadata.level() <= Level::INFO
}
