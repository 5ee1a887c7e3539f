//! A stored recording.

use inturn_transcript::{Change, Document, DocumentChange, RecordingInfo, TurnId};

use crate::{frame::Frames, record::Record};

/// The version of the format that is written.
///
/// A change of the encoding of a record needs a new version, and the decoder of the old one must be
/// kept. New variants at the end of an enum don't change the encoding of the others. Version 2 has
/// the length in [`Record::Ended`].
pub const VERSION: u8 = 2;

/// What the file of a recording contains.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredRecording {
    /// The records, in order.
    pub records: Vec<Record>,
    /// Number of bytes that belong to no whole record: a write was cut off, or the file is damaged.
    pub damaged_bytes: usize,
}

/// Why a file can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A later version of this program has written it, for example in a tab that was loaded after
    /// an update. It must be neither changed nor deleted.
    Newer,
}

impl StoredRecording {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If a later version of this program has written it.
    pub fn read(file: &[u8]) -> Result<Self, Unreadable> {
        let Some((version, frames)) = file.split_first() else {
            return Ok(Self::default());
        };
        if *version > VERSION {
            return Err(Unreadable::Newer);
        }
        let mut frames = Frames::new(frames);
        let records = frames.by_ref().filter_map(Record::decode).collect();
        Ok(Self {
            records,
            damaged_bytes: frames.damaged_bytes,
        })
    }

    /// Returns `true` if the end of a file, from any offset on, says that the recording ended.
    pub fn ends(end: &[u8]) -> bool {
        let records = Frames::new(end).filter_map(Record::decode);
        let last = records
            .filter(|record| !matches!(record, Record::Titled(_)))
            .last();
        matches!(last, Some(Record::Ended(_)))
    }

    /// Returns the bytes of a file with these records.
    pub fn to_file(&self) -> Vec<u8> {
        let mut file = vec![VERSION];
        for record in &self.records {
            record.append(&mut file);
        }
        file
    }

    /// Returns the recording, if its record is whole. The name of the file has it too.
    pub fn info(&self) -> Option<RecordingInfo> {
        self.records.iter().find_map(|record| match record {
            Record::Began(info) => Some(*info),
            _ => None,
        })
    }

    /// Returns the document with the recording, which is `info` if the file does not say so.
    ///
    /// The recording of the document is not complete if it was interrupted, or if it goes on in
    /// another tab: see [`Document::is_complete`] and [`Document::interrupted`].
    pub fn document(&self, info: RecordingInfo) -> Document {
        let info = self.info().unwrap_or(info);
        let recording = info.id;
        let mut document = Document::default();
        document.apply(&DocumentChange::RecordingBegan(info));
        for record in &self.records {
            let change = match record.clone() {
                Record::Began(info) => DocumentChange::RecordingBegan(info),
                Record::Changed(change) | Record::Draft(change) => {
                    DocumentChange::Transcript { recording, change }
                }
                Record::Ended(length_ms) => DocumentChange::RecordingEnded {
                    recording,
                    // Otherwise it is as long as its last entry.
                    length_ms: length_ms.unwrap_or_else(|| {
                        let part = document.part(recording);
                        part.map_or(0, |part| part.length_ms())
                    }),
                },
                Record::Titled(title) => DocumentChange::Titled(title),
            };
            document.apply(&change);
        }
        document
    }

    /// Leaves out drafts that a later record of the same turn replaces, if that does not change the
    /// document.
    pub fn compact(&mut self) {
        let mut later = Vec::new();
        let kept = self.records.iter().rev().filter(|record| {
            let is_draft = matches!(record, Record::Draft(_));
            let is_replaced = turn_of(record).is_some_and(|turn| !add(&mut later, turn));
            !(is_draft && is_replaced)
        });
        let mut records: Vec<Record> = kept.cloned().collect();
        records.reverse();
        let compacted = Self {
            records,
            damaged_bytes: 0,
        };
        let info = RecordingInfo::default();
        if compacted.document(info) == self.document(info) {
            *self = compacted;
        }
    }
}

/// Returns `false` if the turn is there already. The records of a turn are near each other, so it
/// is searched from the end.
fn add(turns: &mut Vec<TurnId>, turn: TurnId) -> bool {
    let is_new = !turns.iter().rev().any(|it| *it == turn);
    if is_new {
        turns.push(turn);
    }
    is_new
}

fn turn_of(record: &Record) -> Option<TurnId> {
    match record {
        Record::Changed(Change::Turn(turn)) | Record::Draft(Change::Turn(turn)) => Some(turn.id),
        _ => None,
    }
}
