//! The document of the page's recordings, made from the recorder's messages.

use inturn_client_core::session::{Event, State};
use inturn_transcript::{Change, Document, DocumentChange, RecordingId, RecordingInfo};

use crate::messages::ToPage;

/// A document that follows the recorder's messages.
#[derive(Clone, Debug, Default)]
pub struct Follower {
    document: Document,
    /// The last recording.
    recording: Option<RecordingId>,
    /// The end of its timeline, as the level meter reports it.
    captured_ms: u32,
}

impl Follower {
    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Applies what a message changes. Returns the changes, in order.
    pub fn handle(&mut self, message: ToPage) -> Vec<DocumentChange> {
        let changes = match message {
            // A new recorder: the one before has ended, perhaps in the middle of a recording.
            ToPage::Ready => self.document.interrupted(),
            ToPage::Event(Event::Began(info)) => return self.begin(info),
            ToPage::Event(Event::Changed(change)) => return self.change(change),
            ToPage::Event(Event::State(State::Idle)) => self.end(),
            ToPage::Event(Event::Level(reading)) => {
                self.captured_ms = reading.captured_ms;
                Vec::new()
            }
            ToPage::Event(_) | ToPage::OpenMicrophone(_) | ToPage::CloseMicrophone => Vec::new(),
        };
        self.applied(changes)
    }

    fn begin(&mut self, info: RecordingInfo) -> Vec<DocumentChange> {
        let mut changes = self.document.interrupted();
        changes.push(DocumentChange::RecordingBegan(info));
        self.recording = Some(info.id);
        self.captured_ms = 0;
        self.applied(changes)
    }

    /// Applies a change of the last recording.
    fn change(&mut self, change: Change) -> Vec<DocumentChange> {
        let mut changes = match self.recording {
            Some(_) => Vec::new(),
            // Like `page_core::Document`, which never ignores words.
            None => self.begin(RecordingInfo::default()),
        };
        let recording = self.recording.unwrap_or_default();
        let change = DocumentChange::Transcript { recording, change };
        changes.extend(self.applied(vec![change]));
        changes
    }

    /// Returns the end of the last recording, if it has not ended.
    fn end(&self) -> Vec<DocumentChange> {
        let part = self.recording.and_then(|it| self.document.part(it));
        let Some(part) = part.filter(|it| it.length_ms.is_none()) else {
            return Vec::new();
        };
        vec![DocumentChange::RecordingEnded {
            recording: part.info.id,
            length_ms: part.length_ms().max(self.captured_ms),
        }]
    }

    fn applied(&mut self, changes: Vec<DocumentChange>) -> Vec<DocumentChange> {
        for change in &changes {
            self.document.apply(change);
        }
        changes
    }
}
