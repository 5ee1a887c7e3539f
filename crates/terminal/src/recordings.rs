//! The document of a run: its recordings, made from their events.

use inturn_client_core::session::{Event, State};
use inturn_transcript::{Document, DocumentChange, Part, RecordingId, Touched, Transcript};

/// The recordings of one run of the program, as one document. Several recordings follow each other.
#[derive(Clone, Debug, Default)]
pub struct Recordings {
    document: Document,
    /// The last recording.
    current: Option<RecordingId>,
    /// The end of its timeline, as the level meter reports it.
    captured_ms: u32,
    /// For events before the first recording.
    nothing: Transcript,
}

impl Recordings {
    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The last recording; `None` before the first one.
    pub fn current(&self) -> Option<&Part> {
        self.document.part(self.current?)
    }

    /// The transcript of the last recording; an empty one before the first recording.
    pub fn transcript(&self) -> &Transcript {
        self.current().map_or(&self.nothing, |it| &it.transcript)
    }

    /// Applies what an event changes. Returns the entries of [`transcript`](Self::transcript) that
    /// it has added, changed, moved or removed.
    pub fn handle(&mut self, event: &Event) -> Vec<Touched> {
        match event {
            Event::Began(info) => {
                self.interrupt();
                self.current = Some(info.id);
                self.captured_ms = 0;
                self.document.apply(&DocumentChange::RecordingBegan(*info))
            }
            Event::Changed(change) => {
                let Some(recording) = self.current else {
                    return Vec::new();
                };
                let change = change.clone();
                self.document
                    .apply(&DocumentChange::Transcript { recording, change })
            }
            Event::Level(reading) => {
                self.captured_ms = reading.captured_ms;
                Vec::new()
            }
            Event::State(State::Idle) => {
                self.end();
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Ends a recording whose recorder is gone without a last event.
    pub fn interrupt(&mut self) -> Vec<Touched> {
        let changes = self.document.interrupted();
        let touched = changes.iter().map(|change| self.document.apply(change));
        touched.flatten().collect()
    }

    fn end(&mut self) {
        if let Some(part) = self.current().filter(|it| it.length_ms.is_none()) {
            let recording = part.info.id;
            let length_ms = part.length_ms().max(self.captured_ms);
            self.document.apply(&DocumentChange::RecordingEnded {
                recording,
                length_ms,
            });
        }
    }
}
