//! Lines of text of several recordings on one stream.

use std::{io::Write, path::Path};

use inturn_client_core::session::Event;
use inturn_transcript::Touched;

use super::{error::OutputError, plain::PlainLines, stream::Stream};
use crate::track::Track;

/// One line for each final turn of the recordings that run together, each with a label.
#[derive(Debug)]
pub struct SharedLines {
    lines: PlainLines,
    stream: Stream,
}

impl SharedLines {
    /// Lines of as many `recordings`, to standard output. Nothing is written yet.
    pub fn to_stdout(
        stdout: Box<dyn Write + Send>,
        formatted_follows: bool,
        recordings: usize,
    ) -> Self {
        Self::new(Stream::stdout(stdout), formatted_follows, recordings)
    }

    /// The same, to a pipe or a device with a name.
    pub fn to_special(path: &Path, formatted_follows: bool, recordings: usize) -> Self {
        Self::new(Stream::special(path), formatted_follows, recordings)
    }

    fn new(stream: Stream, formatted_follows: bool, recordings: usize) -> Self {
        Self {
            lines: PlainLines::new(formatted_follows, recordings),
            stream,
        }
    }

    /// Writes what follows from an event of the recording at the place `track`, which has `touched`
    /// these entries.
    ///
    /// # Errors
    ///
    /// An [`OutputError`] of what was written before, once. What follows is ignored then.
    pub fn event(
        &mut self,
        event: &Event,
        tracks: &[Track<'_>],
        track: usize,
        touched: &[Touched],
    ) -> Result<(), OutputError> {
        let text = self.lines.event(event, tracks, track, touched);
        self.stream.write(text)
    }

    /// Writes the rest. Wait for [`written`](Self::written) then.
    ///
    /// # Errors
    ///
    /// As [`event`](Self::event).
    pub fn finish(&mut self, tracks: &[Track<'_>]) -> Result<(), OutputError> {
        self.stream.write(self.lines.finish(tracks))
    }

    /// As [`Output::failed`](super::Output::failed).
    pub async fn failed(&self) -> OutputError {
        self.stream.failed().await
    }

    /// As [`Output::written`](super::Output::written).
    ///
    /// # Errors
    ///
    /// An [`OutputError`] that was not returned before.
    pub async fn written(&self) -> Result<(), OutputError> {
        self.stream.written().await
    }
}
