//! The log: its format, its queue, and what it must never contain.

mod line_limit;
mod queue;

use std::{io::IsTerminal, panic};

use inturn_cli::is_safe_to_log;
use tracing::Subscriber;
use tracing_subscriber::{
    Layer, Registry,
    filter::FilterFn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
};

pub(crate) use self::line_limit::{Line, LineLimit};
use self::queue::Queue;
use crate::config::{LogConfig, LogFormat};

/// Starts logging to standard error, until the process ends.
///
/// A separate thread writes the lines, so a slow reader of standard error blocks no request; see
/// [`dropped_lines`]. Panics are logged too.
///
/// # Errors
///
/// If logging was started before.
pub fn start(config: &LogConfig) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    let colours = std::io::stderr().is_terminal();
    tracing::subscriber::set_global_default(subscriber(config, colours, Queue::start()))?;
    // The default hook writes to standard error directly, which can block.
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(tracing::field::display);
        let cause = panic.payload_as_str().unwrap_or("unknown");
        tracing::error!(location, cause, "a thread panicked");
    }));
    Ok(())
}

/// Waits until all lines so far are written, at most a second. Returns whether they are written.
pub fn flush() -> bool {
    queue::flush()
}

/// The number of lines that were dropped because standard error was not read or could not be
/// written.
pub fn dropped_lines() -> u64 {
    queue::dropped_lines()
}

/// Returns the subscriber that writes lines to `writer`.
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
        .with(lines.with_filter(FilterFn::new(is_safe_to_log)))
}
