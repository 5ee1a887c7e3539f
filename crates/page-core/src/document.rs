//! The transcripts of the page's recordings.

use inturn_client_core::recording::RecordingInfo;
use inturn_transcript::{Change, Entry, EntryId, SessionEnd, Transcript};

use crate::{clock::clock, view::EntryView};

/// The recordings that this page has shown, in order.
#[derive(Clone, Debug, Default)]
pub struct Document {
    recordings: Vec<(RecordingInfo, Transcript)>,
    /// Whether the heading of the last recording is on the page.
    has_heading: bool,
}

/// Identifies a row of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowId {
    /// The recording's index in the document.
    pub recording: usize,
    /// The entry within the recording.
    pub entry: EntryId,
}

/// A change of one row, or of the heading of the last recording.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryChange {
    /// The first row of a recording follows. Until then, the recording has no heading.
    Began {
        /// Start of the recording, in milliseconds since 1970-01-01 UTC.
        started_unix_ms: u64,
    },
    /// The recording of the last heading has ended. It may come again.
    Ended {
        /// Its length: `m:ss`, or `h:mm:ss` from an hour on.
        length: String,
    },
    /// The row is new or its content has changed. A row that moves is removed first.
    Put {
        /// The row's id.
        id: RowId,
        /// The row's content.
        view: EntryView,
        /// The row that follows it, if any.
        before: Option<RowId>,
        /// Whether this change ended a turn.
        has_just_ended: bool,
    },
    /// The row was removed.
    Removed(RowId),
}

/// Which turns a change can end.
#[derive(Clone, Copy)]
enum Ending {
    /// This one, if any.
    Turn(Option<EntryId>),
    /// All that it changes.
    All,
}

impl Ending {
    fn includes(self, entry: EntryId) -> bool {
        match self {
            Self::Turn(turn) => turn == Some(entry),
            Self::All => true,
        }
    }
}

impl Document {
    /// Begins a recording. All further changes belong to it.
    pub fn begin(&mut self, info: RecordingInfo) {
        self.recordings.push((info, Transcript::default()));
        self.has_heading = false;
    }

    /// Applies a change to the last recording. Returns the changes of its rows.
    pub fn apply(&mut self, change: &Change) -> Vec<EntryChange> {
        if self.recordings.is_empty() {
            self.begin(RecordingInfo::default());
        }
        let recording = self.recordings.len() - 1;
        let transcript = &mut self.recordings[recording].1;
        // A turn ends by its own change, or with its session. A turn that loses words to another
        // session has not just ended.
        let ending = match change {
            Change::Turn(turn) => {
                let has_ended = transcript.turn(turn.id).is_some_and(|it| it.has_ended());
                Ending::Turn((!has_ended).then_some(EntryId::Turn(turn.id)))
            }
            Change::SessionEnded { .. } => Ending::All,
            Change::SessionBegan(_)
            | Change::Gap(_)
            | Change::Speakers(_)
            | Change::Corrected { .. }
            | Change::SpeakerNamed(_) => Ending::Turn(None),
        };
        let touched = transcript.apply(change);
        let mut changes = Vec::new();
        if !touched.is_empty() && !std::mem::replace(&mut self.has_heading, true) {
            let started_unix_ms = self.recordings[recording].0.started_unix_ms;
            changes.push(EntryChange::Began { started_unix_ms });
        }
        for touched in touched {
            let entry = touched.id;
            let id = RowId { recording, entry };
            if touched.has_moved {
                changes.push(EntryChange::Removed(id));
            }
            changes.push(self.row(id, ending.includes(entry)));
        }
        // The heading goes with the last row.
        self.has_heading = self.has_heading && !self.recordings[recording].1.is_empty();
        changes
    }

    /// Closes the open sessions of the last recording, because its recorder has ended. Returns the
    /// changes of its rows.
    pub fn close_open_sessions(&mut self) -> Vec<EntryChange> {
        let Some((_, transcript)) = self.recordings.last() else {
            return Vec::new();
        };
        let open: Vec<u32> = transcript.open_sessions().collect();
        let ends = open.into_iter().map(|session| Change::SessionEnded {
            session,
            end: SessionEnd::BrokenOff,
        });
        ends.flat_map(|end| self.apply(&end)).collect()
    }

    /// Returns the change that shows the length of the last recording, in milliseconds, if it has a
    /// heading.
    pub fn end(&self, length_ms: u32) -> Option<EntryChange> {
        let length = clock(u64::from(length_ms / 1_000));
        self.has_heading.then_some(EntryChange::Ended { length })
    }

    /// Whether no recording has an entry.
    pub fn is_empty(&self) -> bool {
        self.recordings.iter().all(|(_, it)| it.is_empty())
    }

    /// The highest session number so far; 0 if there was no session.
    pub fn last_session(&self) -> u32 {
        let sessions = self.recordings.iter().map(|(_, it)| it.last_session());
        sessions.max().unwrap_or(0)
    }

    /// The last recording.
    pub fn last(&self) -> Option<&(RecordingInfo, Transcript)> {
        self.recordings.last()
    }

    /// Returns the change of a row. `may_end` says whether its turn, if ended, ended just now.
    fn row(&self, id: RowId, may_end: bool) -> EntryChange {
        let transcript = &self.recordings[id.recording].1;
        let Some(entry) = transcript.entry(id.entry) else {
            return EntryChange::Removed(id);
        };
        let has_ended = matches!(entry, Entry::Turn(turn) if turn.has_ended());
        // Only the last recording changes, so no row of another recording follows.
        let before = transcript.entry_after(id.entry).map(|following| RowId {
            entry: following.id(),
            ..id
        });
        EntryChange::Put {
            id,
            view: EntryView::new(entry),
            before,
            has_just_ended: has_ended && may_end,
        }
    }
}
