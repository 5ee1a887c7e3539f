//! The document of the page's recordings, made from the recorder's messages.

use inturn_client_core::session::{Event, State};
use inturn_transcript::{
    Change, Document, DocumentChange, EntryId, RecordingId, RecordingInfo, TurnId,
};

use crate::messages::ToPage;

/// A document that follows the recorder's messages.
#[derive(Clone, Debug, Default)]
pub struct Follower {
    document: Document,
    /// The last recording.
    recording: Option<RecordingId>,
    /// The end of its timeline, as the level meter reports it.
    captured_ms: u32,
    /// Edits that were sent to the recorder and have not come back.
    sent: Vec<(RecordingInfo, Change)>,
}

/// What a message, or a person, has changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Followed {
    /// The changes, in order.
    pub changes: Vec<DocumentChange>,
    /// The turns that they have added, changed, moved or removed.
    pub turns: Vec<TurnId>,
    /// Edits that the recorder did not store, because it had ended before they came. They must be
    /// added to the files of their recordings.
    pub unstored: Vec<(RecordingInfo, Change)>,
}

impl Follower {
    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Returns `true` if a recording goes on. Its file can't be changed on the page: the recorder
    /// has it open.
    pub fn is_recording(&self, recording: RecordingId) -> bool {
        let part = self.document.part(recording);
        self.recording == Some(recording) && part.is_some_and(|it| it.length_ms.is_none())
    }

    /// Applies a person's change of a recording, if the document has it.
    pub fn edit(&mut self, recording: RecordingId, change: Change) -> Followed {
        self.applied(vec![DocumentChange::Transcript { recording, change }])
    }

    /// Remembers that a person's change was sent to the recorder, which stores it and sends it
    /// back.
    pub fn sent_edit(&mut self, recording: RecordingInfo, change: Change) {
        self.sent.push((recording, change));
    }

    /// Applies what a message changes.
    pub fn handle(&mut self, message: ToPage) -> Followed {
        let unstored = self.unstored(&message);
        Followed {
            unstored,
            ..self.follow(message)
        }
    }

    fn follow(&mut self, message: ToPage) -> Followed {
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

    /// Returns the edits of which a message says that the recorder did not store them.
    fn unstored(&mut self, message: &ToPage) -> Vec<(RecordingInfo, Change)> {
        match (message, self.sent.first()) {
            (ToPage::Ready, _) => std::mem::take(&mut self.sent),
            // The recorder makes no such changes itself, and keeps their order.
            (
                ToPage::Event(Event::Changed(Change::Corrected { .. } | Change::SpeakerNamed(_))),
                Some((info, _)),
            ) => {
                let has_ended = !self.is_recording(info.id);
                let edit = self.sent.remove(0);
                Some(edit).filter(|_| has_ended).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn begin(&mut self, info: RecordingInfo) -> Followed {
        let mut changes = self.document.interrupted();
        changes.push(DocumentChange::RecordingBegan(info));
        self.recording = Some(info.id);
        self.captured_ms = 0;
        self.applied(changes)
    }

    /// Applies a change of the last recording.
    fn change(&mut self, change: Change) -> Followed {
        let mut followed = match self.recording {
            Some(_) => Followed::default(),
            // Like `page_core::Document`, which never ignores words.
            None => self.begin(RecordingInfo::default()),
        };
        let Followed { changes, turns, .. } = self.edit(self.recording.unwrap_or_default(), change);
        followed.changes.extend(changes);
        followed.turns.extend(turns);
        followed
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

    fn applied(&mut self, changes: Vec<DocumentChange>) -> Followed {
        Followed::of(&mut self.document, changes)
    }
}

impl Followed {
    /// Applies changes to `document`.
    pub fn of(document: &mut Document, changes: Vec<DocumentChange>) -> Self {
        let mut turns = Vec::new();
        for change in &changes {
            for touched in document.apply(change) {
                if let EntryId::Turn(turn) = touched.id {
                    turns.push(turn);
                }
            }
        }
        Self {
            changes,
            turns,
            unstored: Vec::new(),
        }
    }
}
