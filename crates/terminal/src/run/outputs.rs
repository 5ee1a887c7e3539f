//! The outputs of a run, from the flags.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use super::{display::Room, failure::Failure};
use crate::{
    cli::OutputConfig,
    output::{Format, Output, OutputError, OutputOptions, Target},
    wording::ExitStatus,
};

/// Opens what is written for other programs, and returns which stream is left for people.
///
/// # Errors
///
/// [`Failure`] if the file can't be written, or if its format is not known.
pub(super) fn open(
    config: &OutputConfig,
    formatted_follows: bool,
) -> Result<(Option<Output>, Room), Failure> {
    let target = config.output.as_deref().map(Target::new);
    let is_needed = config.format.is_some() || !io::stdout().is_terminal();
    let target = match target {
        Some(target) => target,
        None if is_needed => Target::Stdout,
        // The screen shows the words.
        None => return Ok((None, Room::Stdout)),
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
    };
    let output = Output::open(format, &target, options, Box::new(io::stdout()));
    let output = output.map_err(|error| failure(&error))?;
    Ok((Some(output), room))
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
