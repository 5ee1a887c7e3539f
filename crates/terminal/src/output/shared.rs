//! Lines of text of several recordings on one stream.

use std::io::Write;

use inturn_client_core::session::Event;
use inturn_transcript::Touched;

use super::{Target, error::OutputError, plain::PlainLines, stream::Stream};
use crate::track::Track;

/// One line for each final turn of the recordings that run together, each with a label.
#[derive(Debug)]
pub struct SharedLines {
    lines: PlainLines,
    stream: Stream,
}

impl SharedLines {
    /// Opens the lines of as many `recordings`. `target` is standard output, which is `stdout`, or
    /// [another stream](Target::is_stream). Nothing is written yet.
    pub fn open(
        target: &Target,
        formatted_follows: bool,
        recordings: usize,
        stdout: Box<dyn Write + Send>,
    ) -> Self {
        Self {
            lines: PlainLines::new(formatted_follows, recordings),
            stream: match target {
                Target::Stdout => Stream::stdout(stdout),
                Target::File(path) => Stream::special(path),
            },
        }
    }

    /// Writes what follows from an event of the recording at the place `track`, which has `touched`
    /// these entries.
    ///
    /// # Errors
    ///
    /// An [`OutputError`], once. What follows is ignored then.
    pub fn event(
        &mut self,
        event: &Event,
        tracks: &[Track<'_>],
        track: usize,
        touched: &[Touched],
    ) -> Result<(), OutputError> {
        let text = self.lines.event(event, tracks, track, touched);
        self.stream.write(&text)
    }

    /// Writes the rest.
    ///
    /// # Errors
    ///
    /// As [`event`](Self::event).
    pub fn finish(&mut self, tracks: &[Track<'_>]) -> Result<(), OutputError> {
        self.stream.write(&self.lines.finish(tracks))
    }
}
