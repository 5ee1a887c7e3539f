//! Where log lines go, and what may never be one.

mod line_limit;
mod queue;

use std::{io::IsTerminal, panic};

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer, Registry,
    filter::FilterFn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
};

pub(crate) use self::line_limit::{Line, LineLimit};

use self::queue::Queue;
use crate::config::{LogConfig, LogFormat};

/// Starts logging to standard error, for the rest of the process.
///
/// A thread of its own writes the lines, so that nobody waits for whoever reads them; see
/// [`dropped_lines`]. The messages of panics are lines too.
///
/// # Errors
///
/// When logging was started before.
pub fn start(config: &LogConfig) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    let colours = std::io::stderr().is_terminal();
    tracing::subscriber::set_global_default(subscriber(config, colours, Queue::start()))?;
    // The standard hook writes to standard error itself, and waits for the reader.
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(tracing::field::display);
        let cause = panic.payload_as_str().unwrap_or("unknown");
        tracing::error!(location, cause, "a thread panicked");
    }));
    Ok(())
}

/// Waits for a second at most until all lines so far are written. Returns whether they are.
pub fn flush() -> bool {
    queue::flush()
}

/// How many lines were lost because standard error was not read, or could not be written to.
pub fn dropped_lines() -> u64 {
    queue::dropped_lines()
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
