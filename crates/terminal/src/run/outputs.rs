//! The outputs of a run, from the flags.

use std::{future::poll_fn, io, path::Path, task::Poll};

use inturn_client::Event;
use inturn_client_core::Moment;
use inturn_transcript::Touched;
use tokio::time::{Instant, sleep_until};

use super::{
    display::Room,
    failure::Failure,
    lane::{Lane, tracks},
    tty::is_drawable,
};
use crate::{
    cli::{Config, InputConfig},
    output::{Format, Output, OutputError, OutputOptions, SharedLines, Target},
    track::{Origin, Side},
    wording::ExitStatus,
};

/// The outputs of a run.
#[derive(Debug)]
pub(super) struct Outputs {
    kind: Kind,
    /// Whether an output tries again after an error.
    is_retried: bool,
    /// How many outputs have failed.
    failed: usize,
}

#[derive(Debug)]
enum Kind {
    /// One for each recording that runs at the same time; none if the screen shows the words.
    Each(Vec<Output>),
    /// One for all of them.
    Shared(SharedLines),
}

impl Outputs {
    /// Opens what is written for other programs, and returns which stream is left for people.
    /// `sides` are those of the recordings that run together.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the file can't be written, or if its format is not known.
    pub(super) fn open(
        config: &Config,
        formatted_follows: bool,
        sides: &[Side],
    ) -> Result<(Self, Room), Failure> {
        let (input, config) = (&config.input, &config.output);
        let target = config.output.as_deref().map(Target::new);
        let is_needed = config.format.is_some() || !is_drawable(io::stdout());
        let target = match target {
            Some(target) => target,
            None if is_needed => Target::Stdout,
            // The screen shows the words.
            None => return Ok((Self::new(Kind::Each(Vec::new()), false), Room::Stdout)),
        };
        let format = match config.format {
            Some(format) => format,
            None => format_of(&target)?,
        };
        if config.partials && format != Format::Jsonl {
            return Err(Failure::new(
                ExitStatus::WrongUse,
                "--partials is for --format jsonl: add that or remove it.",
            ));
        }
        let room = match target {
            Target::Stdout => Room::Stderr,
            Target::File(_) => Room::Stdout,
        };
        let options = OutputOptions {
            has_partials: config.partials,
            formatted_follows,
            side: None,
            origin: Origin::default(),
        };
        let kind = Kind::of(format, &target, options, sides, input)?;
        let is_retried = format != Format::Jsonl && !target.is_stream();
        Ok((Self::new(kind, is_retried), room))
    }

    fn new(kind: Kind, is_retried: bool) -> Self {
        Self {
            kind,
            is_retried,
            failed: 0,
        }
    }

    /// Writes what follows from an event of a recording.
    ///
    /// # Errors
    ///
    /// As [`Output::event`].
    pub(super) fn event(
        &mut self,
        event: &Event,
        lanes: &[Lane],
        at: usize,
        touched: &[Touched],
        now: Moment,
    ) -> Result<(), OutputError> {
        match &mut self.kind {
            Kind::Each(outputs) => match (outputs.get_mut(at), lanes.get(at)) {
                (Some(output), Some(lane)) => output.event(event, &lane.recordings, touched, now),
                _ => Ok(()),
            },
            Kind::Shared(lines) => lines.event(event, &tracks(lanes), at, touched),
        }
    }

    /// Notes that an output has failed. Returns whether what follows is written nowhere.
    pub(super) fn note_failure(&mut self) -> bool {
        self.failed += 1;
        let count = match &self.kind {
            Kind::Each(outputs) => outputs.len(),
            Kind::Shared(_) => 1,
        };
        !self.is_retried && self.failed >= count
    }

    /// Waits until [`wake`](Self::wake) must be called; for ever if there is nothing to write. The
    /// run has `started` at the first moment.
    pub(super) async fn due(&self, started: Instant) {
        let due = match &self.kind {
            Kind::Each(outputs) => outputs.iter().filter_map(Output::next_wake).min(),
            Kind::Shared(_) => None,
        };
        match due {
            Some(due) => sleep_until(started + due.since(Moment::default())).await,
            None => std::future::pending().await,
        }
    }

    /// Writes what is due. Returns the errors.
    pub(super) fn wake(&mut self, lanes: &[Lane], now: Moment) -> Vec<OutputError> {
        match &mut self.kind {
            Kind::Each(outputs) => {
                let outputs = outputs.iter_mut().zip(lanes);
                let written = outputs.map(|(it, lane)| it.wake(&lane.recordings, now));
                written.filter_map(Result::err).collect()
            }
            Kind::Shared(_) => Vec::new(),
        }
    }

    /// Waits for an error of a stream, and takes it; for ever without one. Cancel-safe.
    pub(super) async fn failed(&self) -> OutputError {
        let outputs = match &self.kind {
            Kind::Each(outputs) => outputs,
            Kind::Shared(lines) => return lines.failed().await,
        };
        let mut waits: Vec<_> = outputs.iter().map(|it| Box::pin(it.failed())).collect();
        poll_fn(|context| {
            let mut polled = waits.iter_mut().map(|it| it.as_mut().poll(context));
            polled.find(Poll::is_ready).unwrap_or(Poll::Pending)
        })
        .await
    }

    /// Waits until streams have all that was written, for as long as a reader stalls. Returns the
    /// errors. Cancel-safe.
    pub(super) async fn written(&self) -> Vec<OutputError> {
        let outputs = match &self.kind {
            Kind::Each(outputs) => outputs,
            Kind::Shared(lines) => return lines.written().await.err().into_iter().collect(),
        };
        let mut errors = Vec::new();
        for output in outputs {
            errors.extend(output.written().await.err());
        }
        errors
    }

    /// Writes the rest. Returns the errors. Wait for [`written`](Self::written) then.
    pub(super) fn finish(&mut self, lanes: &[Lane]) -> Vec<OutputError> {
        match &mut self.kind {
            Kind::Each(outputs) => {
                let outputs = outputs.iter_mut().zip(lanes);
                let written = outputs.map(|(it, lane)| it.finish(&lane.recordings));
                written.filter_map(Result::err).collect()
            }
            Kind::Shared(lines) => lines.finish(&tracks(lanes)).err().into_iter().collect(),
        }
    }
}

impl Kind {
    fn of(
        format: Format,
        target: &Target,
        options: OutputOptions,
        sides: &[Side],
        input: &InputConfig,
    ) -> Result<Self, Failure> {
        let open = |target: &Target, side| {
            let origin = input.origin(side);
            let options = OutputOptions {
                side,
                origin,
                ..options
            };
            let output = Output::open(format, target, options, Box::new(io::stdout()));
            output.map_err(|error| failure(&error))
        };
        if sides.is_empty() {
            return Ok(Self::Each(vec![open(target, None)?]));
        }
        match format {
            Format::Text if target.is_stream() => {
                let follows = options.formatted_follows;
                Ok(Self::Shared(match target {
                    Target::Stdout => {
                        SharedLines::to_stdout(Box::new(io::stdout()), follows, sides.len())
                    }
                    Target::File(path) => SharedLines::to_special(path, follows, sides.len()),
                }))
            }
            Format::Srt | Format::Vtt | Format::Md | Format::Json if target.is_stream() => {
                let format = format.name();
                Err(Failure::new(
                    ExitStatus::WrongUse,
                    format_args!(
                        "--both has two transcripts, which {format} can't hold in one stream: name \
                         a file with --output, or use --format text or jsonl."
                    ),
                ))
            }
            _ => {
                let outputs = sides
                    .iter()
                    .map(|side| open(&target.of_side(*side), Some(*side)));
                outputs.collect::<Result<_, _>>().map(Self::Each)
            }
        }
    }
}

/// Converts an error of an output.
pub(super) fn failure(error: &OutputError) -> Failure {
    Failure::new(ExitStatus::Failed, error)
}

/// Returns the format that a file's name stands for.
fn format_of(target: &Target) -> Result<Format, Failure> {
    let Target::File(path) = target else {
        return Ok(Format::Text);
    };
    let Some(extension) = path.extension().and_then(|it| it.to_str()) else {
        return Ok(Format::Text);
    };
    let extension = extension.to_ascii_lowercase();
    let format = match extension.as_str() {
        "txt" => Ok(Format::Text),
        "markdown" => Ok(Format::Md),
        _ => extension.parse(),
    };
    format.map_err(|_| unknown(path))
}

fn unknown(path: &Path) -> Failure {
    Failure::new(
        ExitStatus::WrongUse,
        format_args!(
            "The name of {} says no format: choose one with --format.",
            path.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_says_its_format() {
        for (name, format) in [
            ("talk.srt", Some(Format::Srt)),
            ("talk.VTT", Some(Format::Vtt)),
            ("talk.md", Some(Format::Md)),
            ("talk.2026.json", Some(Format::Json)),
            ("talk.jsonl", Some(Format::Jsonl)),
            ("talk.txt", Some(Format::Text)),
            ("talk", Some(Format::Text)),
            (".talk", Some(Format::Text)),
            ("talk.doc", None),
        ] {
            let found = format_of(&Target::File(name.into()));
            assert_eq!(found.as_ref().ok(), format.as_ref(), "{name}");
            assert!(found.is_ok() || found.is_err_and(|it| it.message.contains("--format")));
        }
        assert_eq!(format_of(&Target::Stdout), Ok(Format::Text));
    }
}
