//! Final turns as plain lines.

use inturn_client_core::session::Event;
use inturn_transcript::{Entry, Touched, Turn};

use crate::{
    order::{Order, Released},
    text::printable,
    track::Track,
};

/// One line for each final turn, each exactly once, in the order of the timeline.
///
/// A turn is printed once it is final and no words before it can come any more. So after a lost
/// connection, turns wait until what was missed meanwhile is transcribed too. The lines of several
/// recordings that run together are in the order of the clock. If the service changes a turn that
/// was printed, only the other formats show it. Each method returns the text to write.
///
/// `tracks` are the recordings that run together, always as many and in the same order. `track` is
/// the place of one of them.
#[derive(Clone, Debug)]
pub struct PlainLines {
    order: Order,
}

impl PlainLines {
    /// Creates the lines of a run, for as many recordings as run together. `formatted_follows` says
    /// whether the service sends a formatted version after the raw end of a turn: then that is
    /// awaited.
    pub fn new(formatted_follows: bool, recordings: usize) -> Self {
        Self {
            order: Order::new(formatted_follows, recordings),
        }
    }

    /// Returns the lines of the turns that are final after an event of a recording, which has
    /// `touched` these entries.
    pub fn event(
        &mut self,
        event: &Event,
        tracks: &[Track<'_>],
        track: usize,
        touched: &[Touched],
    ) -> String {
        match event {
            Event::Began(_) => self.order.restart(track),
            Event::Changed(_) => drop(self.order.note_touched(tracks, track, touched)),
            Event::State(state) => self.order.note_state(track, *state),
            _ => return String::new(),
        }
        self.released(tracks)
    }

    /// Returns the lines of the turns that are left at the end.
    pub fn finish(&mut self, tracks: &[Track<'_>]) -> String {
        self.order.note_end();
        self.released(tracks)
    }

    fn released(&mut self, tracks: &[Track<'_>]) -> String {
        let mut lines = String::new();
        for Released { track, id, .. } in self.order.release(tracks) {
            if let Some(track) = tracks.get(track)
                && let Some(Entry::Turn(turn)) = track.transcript.entry(id)
            {
                push_turn(&mut lines, track, turn);
            }
        }
        lines
    }
}

fn push_turn(lines: &mut String, track: &Track<'_>, turn: &Turn) {
    let Some(reading) = track.transcript.reading(turn.id) else {
        return;
    };
    let mut parts = Vec::new();
    for words in reading.by_speaker() {
        let label = reading.words().get(words.start).and_then(|it| it.speaker);
        if let Some(name) = track.name(turn.id.session, label) {
            parts.push(printable(&name) + ":");
        }
        parts.push(printable(reading.text_of(words)));
    }
    lines.push_str(&parts.join(" "));
    lines.push('\n');
}
