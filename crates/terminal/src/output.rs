//! What is written for other programs: to standard output, or to a file.
//!
//! | Format | To standard output | To a file |
//! | --- | --- | --- |
//! | text | one line for each final turn, at once | the whole document |
//! | jsonl | one line for each change, at once | the same |
//! | srt, vtt, md, json | the whole document, at the end | the whole document |
//!
//! A file with a whole document is replaced at once by each version of it, so it is complete and
//! valid at every moment. A change that makes a turn final is written after at most
//! [`FINALS_INTERVAL`], any other change after at most [`CHANGES_INTERVAL`]; both are longer for a
//! document of more than about an hour. A target that is no
//! file, such as `/dev/stdout` or a named pipe, is written like standard output: in the background,
//! so that a reader that stalls stops nothing else.
//!
//! An existing file is replaced by the first version with an entry, or for JSON lines by the first
//! recording. A run that fails before leaves it as it was. Several recordings of a run form one
//! document, one after another.

mod error;
mod format;
mod jsonl;
mod lines_file;
mod plain;
mod shared;
mod stream;
mod versions;
mod whole_file;

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use inturn_client_core::{
    Moment,
    session::{Event, State},
};
use inturn_transcript::{Entry, Touched, Transcript};

pub use self::{
    error::OutputError,
    format::{Format, UnknownFormat},
    plain::PlainLines,
    shared::SharedLines,
    versions::{CHANGES_INTERVAL, FINALS_INTERVAL},
};
use self::{
    jsonl::JsonLines, lines_file::LinesFile, stream::Stream, versions::Versions,
    whole_file::is_special,
};
use crate::{
    recordings::Recordings,
    track::{Origin, Side, Track},
};

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// What an output contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputOptions {
    /// Whether JSON lines contain open turns too.
    pub has_partials: bool,
    /// Whether the service sends a formatted version after the raw end of a turn. A line of text
    /// awaits it.
    pub formatted_follows: bool,
    /// Who is heard, if another recording runs at the same time. JSON lines contain it.
    pub side: Option<Side>,
    /// Where the sound comes from. JSON lines speak of it.
    pub origin: Origin,
}

/// An output in one format.
///
/// Pass each event to [`Recordings::handle`] and then to [`event`](Self::event). Call
/// [`wake`](Self::wake) at [`next_wake`](Self::next_wake), and at the end [`finish`](Self::finish)
/// and [`written`](Self::written). Errors of a stream come later: await [`failed`](Self::failed).
#[derive(Debug)]
pub struct Output {
    format: Format,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    /// One line for each final turn.
    Plain(PlainLines, Stream),
    /// JSON lines to something that is no file.
    JsonStream(JsonLines, Stream),
    /// JSON lines to a file.
    JsonFile(JsonLines, Lines),
    /// The whole document at the end.
    AtEnd(Stream),
    /// The whole document at every moment.
    Whole(Versions),
}

/// A file with lines.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    /// `None` after an error: the lines would not be complete.
    file: Option<LinesFile>,
    /// Lines before the first recording.
    held: String,
}

impl Target {
    /// Interprets the value of `--output`: `-` is standard output.
    pub fn new(path: &Path) -> Self {
        if path == Path::new("-") {
            Self::Stdout
        } else {
            Self::File(path.to_owned())
        }
    }

    /// Whether it is standard output, or a pipe or a device with a name.
    pub fn is_stream(&self) -> bool {
        match self {
            Self::Stdout => true,
            Self::File(path) => is_special(path),
        }
    }

    /// The target of one of the recordings that run together: the file with the side in its name.
    /// They share a stream.
    pub fn of_side(&self, side: Side) -> Self {
        match self {
            Self::File(path) if !is_special(path) => {
                let mut name = path.file_stem().unwrap_or_default().to_owned();
                name.push(".");
                name.push(side.name());
                if let Some(extension) = path.extension() {
                    name.push(".");
                    name.push(extension);
                }
                Self::File(path.with_file_name(name))
            }
            shared => shared.clone(),
        }
    }
}

impl OutputOptions {
    fn json_lines(self) -> JsonLines {
        JsonLines::new(self.has_partials, self.side, self.origin)
    }
}

impl Output {
    /// Opens an output. `stdout` is standard output. Nothing is written yet.
    ///
    /// # Errors
    ///
    /// [`OutputError::Failed`] if the file can't be written.
    pub fn open(
        format: Format,
        target: &Target,
        options: OutputOptions,
        stdout: Box<dyn Write + Send>,
    ) -> Result<Self, OutputError> {
        let sink = match target {
            Target::Stdout => Sink::to_stream(format, options, Stream::stdout(stdout)),
            Target::File(path) if is_special(path) => {
                Sink::to_stream(format, options, Stream::special(path))
            }
            Target::File(path) => Sink::file(format, options, path)?,
        };
        Ok(Self { format, sink })
    }

    /// Writes what follows from an event. `touched` is what [`Recordings::handle`] has returned for
    /// it.
    ///
    /// # Errors
    ///
    /// An [`OutputError`], once for each output. The output then ignores what follows, but for a
    /// file with a whole document, which it goes on trying to write.
    pub fn event(
        &mut self,
        event: &Event,
        recordings: &Recordings,
        touched: &[Touched],
        now: Moment,
    ) -> Result<(), OutputError> {
        let transcript = recordings.transcript();
        match &mut self.sink {
            Sink::Plain(lines, stream) => {
                let tracks = [Track::alone(transcript)];
                stream.write(lines.event(event, &tracks, 0, touched))
            }
            Sink::JsonStream(lines, stream) => {
                stream.write(lines.event(event, recordings, touched))
            }
            Sink::JsonFile(lines, file) => {
                file.held += &lines.event(event, recordings, touched);
                if recordings.current().is_none() {
                    return Ok(());
                }
                file.append_held()
            }
            Sink::AtEnd(_) => Ok(()),
            Sink::Whole(versions) => {
                if let Some(delay) = delay(event, transcript, touched) {
                    versions.request(now, delay);
                }
                versions.write_if_due(self.format, recordings.document(), now)
            }
        }
    }

    /// When [`wake`](Self::wake) must be called; `None` if there is nothing to write.
    pub fn next_wake(&self) -> Option<Moment> {
        match &self.sink {
            Sink::Whole(versions) => versions.due(),
            _ => None,
        }
    }

    /// Writes what is due.
    ///
    /// # Errors
    ///
    /// As [`event`](Self::event).
    pub fn wake(&mut self, recordings: &Recordings, now: Moment) -> Result<(), OutputError> {
        match &mut self.sink {
            Sink::Whole(versions) => versions.write_if_due(self.format, recordings.document(), now),
            _ => Ok(()),
        }
    }

    /// Writes the rest, and waits until a file is on the disk. A stream may not have it yet.
    ///
    /// # Errors
    ///
    /// An [`OutputError`] if the output is not complete. A stream that has failed before does not
    /// fail again.
    pub fn finish(&mut self, recordings: &Recordings) -> Result<(), OutputError> {
        let document = recordings.document();
        match &mut self.sink {
            Sink::Plain(lines, stream) => {
                stream.write(lines.finish(&[Track::alone(recordings.transcript())]))
            }
            Sink::JsonStream(..) => Ok(()),
            Sink::JsonFile(_, Lines { path, file, .. }) => {
                let result = file.as_ref().map_or(Ok(()), LinesFile::sync);
                result.map_err(|error| OutputError::file(path, &error))
            }
            Sink::AtEnd(stream) => match self.format.render(document) {
                Some(text) if !document.parts().is_empty() => stream.write(text),
                _ => Ok(()),
            },
            Sink::Whole(versions) => {
                if document.parts().is_empty() {
                    return Ok(());
                }
                versions.finish(self.format, document)
            }
        }
    }

    /// Waits for an error of a stream, and takes it; for ever without one. Cancel-safe.
    pub async fn failed(&self) -> OutputError {
        match self.sink.stream() {
            Some(stream) => stream.failed().await,
            None => std::future::pending().await,
        }
    }

    /// Waits until a stream has all that was written, for as long as its reader stalls.
    /// Cancel-safe.
    ///
    /// # Errors
    ///
    /// An [`OutputError`] that was not returned before.
    pub async fn written(&self) -> Result<(), OutputError> {
        match self.sink.stream() {
            Some(stream) => stream.written().await,
            None => Ok(()),
        }
    }
}

impl Sink {
    fn stream(&self) -> Option<&Stream> {
        match self {
            Self::Plain(_, stream) | Self::JsonStream(_, stream) | Self::AtEnd(stream) => {
                Some(stream)
            }
            Self::JsonFile(..) | Self::Whole(_) => None,
        }
    }

    fn to_stream(format: Format, options: OutputOptions, stream: Stream) -> Self {
        match format {
            Format::Text => Self::Plain(PlainLines::new(options.formatted_follows, 1), stream),
            Format::Jsonl => Self::JsonStream(options.json_lines(), stream),
            Format::Srt | Format::Vtt | Format::Md | Format::Json => Self::AtEnd(stream),
        }
    }

    fn file(format: Format, options: OutputOptions, path: &Path) -> Result<Self, OutputError> {
        let error = |error| OutputError::file(path, &error);
        if format == Format::Jsonl {
            let file = LinesFile::open(path).map_err(error)?;
            let file = Lines {
                path: path.to_owned(),
                file: Some(file),
                held: String::new(),
            };
            return Ok(Self::JsonFile(options.json_lines(), file));
        }
        Versions::open(path).map(Self::Whole).map_err(error)
    }
}

impl Lines {
    fn append_held(&mut self) -> Result<(), OutputError> {
        let lines = std::mem::take(&mut self.held);
        let Some(file) = self.file.as_mut().filter(|_| !lines.is_empty()) else {
            return Ok(());
        };
        file.append(&lines).map_err(|error| {
            self.file = None;
            OutputError::file(&self.path, &error)
        })
    }
}

/// Returns how long after the version before a document with this event is written; `None` if the
/// event doesn't change the document.
fn delay(event: &Event, transcript: &Transcript, touched: &[Touched]) -> Option<Duration> {
    let has_ended = |it: &Touched| match transcript.entry(it.id) {
        Some(Entry::Turn(turn)) => turn.has_ended(),
        Some(Entry::Gap(_)) | None => true,
    };
    match event {
        Event::State(State::Idle) => Some(FINALS_INTERVAL),
        Event::Changed(_) if touched.iter().any(has_ended) => Some(FINALS_INTERVAL),
        Event::Changed(_) => Some(CHANGES_INTERVAL),
        _ => None,
    }
}
