//! Where log lines go, and what may never be one.

use std::io::IsTerminal;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer, Registry,
    filter::FilterFn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
};

use crate::config::{LogConfig, LogFormat};

/// Starts logging to standard error, for the rest of the process.
///
/// # Errors
///
/// When logging was started before.
pub fn start(config: &LogConfig) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    let colours = std::io::stderr().is_terminal();
    tracing::subscriber::set_global_default(subscriber(config, colours, std::io::stderr))
}

/// The log itself, for `writer`.
///
/// Whatever the filter says, other people's crates log nothing finer than `info`: at `debug` and
/// `trace` their lines hold request heads, queries and frames, and with them tokens and what
/// people said.
pub fn subscriber<W>(config: &LogConfig, colours: bool, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = config.log_filter.to_env_filter();
    let lines = fmt::layer().with_writer(writer).with_ansi(colours);
    let lines: Box<dyn Layer<_> + Send + Sync> = match config.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    };
    Registry::default()
        .with(filter)
        .with(lines.with_filter(FilterFn::new(is_fit_to_log)))
}

fn is_fit_to_log(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("inturn") || *metadata.level() <= Level::INFO
}
