//! What a person keeps: one or more recordings with their transcripts, under one title.

use serde::{Deserialize, Serialize};

use crate::{
    change::Change,
    entry::Touched,
    recording::{RecordingId, RecordingInfo},
    session::SessionEnd,
    transcript::Transcript,
};

/// One or more recordings with their transcripts. It changes only by [`DocumentChange`]; a log of
/// all changes is a complete copy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    title: String,
    /// Sorted by the start of the recordings.
    parts: Vec<Part>,
}

/// A recording of a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The recording.
    pub info: RecordingInfo,
    /// Its transcript.
    pub transcript: Transcript,
    /// Its length, in milliseconds. `None` until it has ended: after a crash, that shows that it
    /// was interrupted.
    pub length_ms: Option<u32>,
}

/// A change of a document. It is self-contained: applying it needs only the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DocumentChange {
    /// A recording began, or goes on after it had ended. The first one with an id counts.
    RecordingBegan(RecordingInfo),
    /// The transcript of a recording changed. Ignored if the document does not have the recording.
    Transcript {
        /// The recording.
        recording: RecordingId,
        /// The change.
        change: Change,
    },
    /// A recording ended.
    RecordingEnded {
        /// The recording.
        recording: RecordingId,
        /// Its length, in milliseconds.
        length_ms: u32,
    },
    /// A person has given the document a title. An empty one removes the title.
    Titled(String),
}

impl Document {
    /// Applies a change. Returns the entries that it has added, changed, moved or removed, all in
    /// the recording that the change names.
    pub fn apply(&mut self, change: &DocumentChange) -> Vec<Touched> {
        match change {
            DocumentChange::RecordingBegan(info) => self.begin(*info),
            DocumentChange::Transcript { recording, change } => {
                let part = self.part_mut(*recording);
                return part.map_or_else(Vec::new, |it| it.transcript.apply(change));
            }
            DocumentChange::RecordingEnded {
                recording,
                length_ms,
            } => {
                if let Some(part) = self.part_mut(*recording) {
                    part.length_ms = Some(*length_ms);
                }
            }
            DocumentChange::Titled(title) => title.trim().clone_into(&mut self.title),
        }
        Vec::new()
    }

    /// Returns the title, or an empty text.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the recordings, sorted by their start.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the recording with this id.
    pub fn part(&self, recording: RecordingId) -> Option<&Part> {
        self.parts.iter().find(|it| it.info.id == recording)
    }

    /// Returns `true` if all recordings have ended.
    pub fn is_complete(&self) -> bool {
        self.parts.iter().all(|it| it.length_ms.is_some())
    }

    /// Returns `true` if no recording has an entry.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|it| it.transcript.is_empty())
    }

    /// Returns the highest session number, or 0 if there was no session.
    pub fn last_session(&self) -> u32 {
        let sessions = self.parts.iter().map(|it| it.transcript.last_session());
        sessions.max().unwrap_or(0)
    }

    /// Returns the changes that end the recordings that have not ended, because their recorder is
    /// gone: their sessions have broken off, and they are as long as their transcripts.
    pub fn interrupted(&self) -> Vec<DocumentChange> {
        let mut changes = Vec::new();
        for part in self.parts.iter().filter(|it| it.length_ms.is_none()) {
            let recording = part.info.id;
            for session in part.transcript.open_sessions() {
                let end = SessionEnd::BrokenOff;
                let change = Change::SessionEnded { session, end };
                changes.push(DocumentChange::Transcript { recording, change });
            }
            changes.push(DocumentChange::RecordingEnded {
                recording,
                length_ms: part.length_ms(),
            });
        }
        changes
    }

    pub(crate) fn from_parts(title: String, parts: Vec<Part>) -> Self {
        let mut document = Self {
            title,
            parts: Vec::with_capacity(parts.len()),
        };
        for part in parts {
            document.insert(part);
        }
        document
    }

    fn begin(&mut self, info: RecordingInfo) {
        if let Some(part) = self.part_mut(info.id) {
            part.length_ms = None;
            return;
        }
        self.insert(Part {
            info,
            ..Part::default()
        });
    }

    fn insert(&mut self, part: Part) {
        let started = part.info.started_unix_ms;
        let at = self
            .parts
            .partition_point(|it| it.info.started_unix_ms <= started);
        self.parts.insert(at, part);
    }

    fn part_mut(&mut self, recording: RecordingId) -> Option<&mut Part> {
        self.parts.iter_mut().find(|it| it.info.id == recording)
    }
}

impl Part {
    /// Returns the length of the recording, in milliseconds: until it has ended, the end of its
    /// last entry.
    pub fn length_ms(&self) -> u32 {
        let ends = self.transcript.entries().iter().map(|it| it.end_ms());
        self.length_ms.or_else(|| ends.max()).unwrap_or(0)
    }
}
