//! Final turns as plain lines.

use inturn_client_core::session::State;
use inturn_transcript::{Entry, Phrases, Touched, Transcript, Turn};

use crate::{
    finals::{Finals, Released},
    text::printable,
};

/// One line for each final turn, each exactly once, in the order of the timeline.
///
/// A turn is printed once it is final and no words before it can come any more. So after a lost
/// connection, turns wait until what was missed meanwhile is transcribed too. If the service
/// changes a turn that was printed, only the other formats show it. Each method returns the text to
/// write.
#[derive(Clone, Debug)]
pub struct PlainLines {
    finals: Finals,
}

impl PlainLines {
    /// Creates the lines of a run. `formatted_follows` says whether the service sends a formatted
    /// version after the raw end of a turn: then that is awaited.
    pub fn new(formatted_follows: bool) -> Self {
        Self {
            finals: Finals::new(formatted_follows),
        }
    }

    /// Begins another transcript.
    pub fn began(&mut self) {
        self.finals.restart();
    }

    /// Returns the lines of the turns that are final after a change.
    pub fn changed(&mut self, transcript: &Transcript, touched: &[Touched]) -> String {
        self.finals.note_touched(transcript, touched);
        self.released(transcript)
    }

    /// Returns the lines of the turns that are final in this state of the recording.
    pub fn state(&mut self, transcript: &Transcript, state: State) -> String {
        self.finals.note_state(state);
        self.released(transcript)
    }

    /// Returns the rest, at the end of a recording.
    pub fn finish(&mut self, transcript: &Transcript) -> String {
        self.finals.note_end();
        self.released(transcript)
    }

    fn released(&mut self, transcript: &Transcript) -> String {
        let mut lines = String::new();
        for Released { id, .. } in self.finals.release(transcript) {
            if let Some(Entry::Turn(turn)) = transcript.entry(id) {
                push_turn(&mut lines, transcript, turn);
            }
        }
        lines
    }
}

fn push_turn(lines: &mut String, transcript: &Transcript, turn: &Turn) {
    let Some(reading) = transcript.reading(turn.id) else {
        return;
    };
    let mut parts = Vec::new();
    for words in reading.by_speaker() {
        let label = reading.words().get(words.start).and_then(|it| it.speaker);
        if let Some(label) = label {
            let name = Phrases::ENGLISH.speaker_name(transcript, turn.id.session, label);
            parts.push(printable(&name) + ":");
        }
        parts.push(printable(reading.text_of(words)));
    }
    lines.push_str(&parts.join(" "));
    lines.push('\n');
}
