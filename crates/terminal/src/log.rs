//! The log: lines on standard error, if they are asked for.

use std::io;

use inturn_cli::{LogFilter, is_safe_to_log};
use tracing::Subscriber;
use tracing_subscriber::{Layer, Registry, filter::FilterFn, fmt, layer::SubscriberExt};

/// Starts to log to standard error, until the process ends.
///
/// # Errors
///
/// If a log was started before.
pub fn start(filter: &LogFilter) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    tracing::subscriber::set_global_default(subscriber(filter, io::stderr))
}

/// Returns the subscriber that writes lines to `writer`.
pub fn subscriber<W>(filter: &LogFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> fmt::MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(writer).with_ansi(false);
    Registry::default()
        .with(filter.to_env_filter())
        .with(lines.with_filter(FilterFn::new(is_safe_to_log)))
}
