//! Begins a run.

use std::io::{self, Write};

use inturn_client::Options;

use super::{
    event_loop::Run,
    failure::Failure,
    signals::Signals,
    source::{Prepared, Started},
    transcriber::Transcriber,
};
use crate::{cli::Config, wording::ExitStatus};

/// Transcribes what the flags say, until its end or until a person stops it.
///
/// # Errors
///
/// [`Failure`] if nothing can be recorded, or if not all of it was transcribed or written. The
/// display has shown the message already if the recording had begun.
pub async fn listen(config: &Config) -> Result<ExitStatus, Failure> {
    let mut signals = signals()?;
    let sources = Prepared::all(&config.input)?;
    let transcriber = tokio::select! {
        transcriber = Transcriber::choose(config, warn) => transcriber?,
        // A server may let the sign-in wait.
        () = signals.stop() => return Ok(ExitStatus::Stopped),
    };
    let run = Run::open(config, &transcriber)?;
    let sides = config.input.sides();
    // Together, they stop when there are no words in any of them.
    let idle_secs = if sides.is_empty() {
        config.input.idle_secs()
    } else {
        0
    };
    let options = Options::new(transcriber.tokens.clone()).with_idle_secs(idle_secs);
    let mut sources = sources.into_iter().peekable();
    let groups = std::iter::from_fn(|| {
        sources.peek()?;
        let group = sources.by_ref().take(sides.len().max(1));
        Some(group.map(|it| it.start(options.clone())).collect())
    });
    Ok(run.record_all(groups, signals).await)
}

/// Shows a warning, before there is a screen.
fn warn(text: &str) {
    // If standard error is closed, there is no place for it.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Transcribes recordings that were started elsewhere, as [`listen`] does.
///
/// Each group runs together: as many recordings as
/// [`InputConfig::sides`](crate::cli::InputConfig::sides), or else one. The next group is taken
/// when the one before has ended.
///
/// # Errors
///
/// [`Failure`] if the output can't be written.
pub async fn listen_to(
    config: &Config,
    transcriber: &Transcriber,
    groups: impl IntoIterator<Item = Vec<Started>>,
) -> Result<ExitStatus, Failure> {
    let run = Run::open(config, transcriber)?;
    Ok(run.record_all(groups, signals()?).await)
}

fn signals() -> Result<Signals, Failure> {
    Signals::new().map_err(|error| Failure::new(ExitStatus::Failed, error))
}
