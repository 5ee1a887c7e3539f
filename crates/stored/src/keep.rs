//! Storing a document that was opened from a file.

use inturn_transcript::{Document, DocumentChange, Part, RecordingInfo};

use crate::{record::Record, recording::StoredRecording};

/// Returns the recordings of a document that have words or gaps, as they are stored: each with the
/// document's title. A recording that went on when the document was saved has ended.
///
/// Returns `None` if records can't hold all of it. That is only so if another program has changed
/// the document.
pub fn recordings_of(document: &Document) -> Option<Vec<(RecordingInfo, StoredRecording)>> {
    let ends = document.interrupted();
    let parts = document.parts().iter();
    let filled = parts.filter(|it| !it.transcript.is_empty());
    filled
        .map(|part| {
            let mut stored = stored(part)?;
            stored
                .records
                .extend(ends.iter().filter_map(|end| match end {
                    DocumentChange::Transcript { recording, change }
                        if *recording == part.info.id =>
                    {
                        Some(Record::Changed(change.clone()))
                    }
                    DocumentChange::RecordingEnded {
                        recording,
                        length_ms,
                    } if *recording == part.info.id => Some(Record::Ended(Some(*length_ms))),
                    _ => None,
                }));
            stored
                .records
                .push(Record::Titled(document.title().to_owned()));
            Some((part.info, stored))
        })
        .collect()
}

fn stored(part: &Part) -> Option<StoredRecording> {
    let info = part.info;
    let mut records = vec![Record::Began(info)];
    records.extend(part.transcript.changes().into_iter().map(Record::Changed));
    if part.length_ms.is_some() {
        records.push(Record::Ended(part.length_ms));
    }
    let stored = StoredRecording {
        records,
        damaged_bytes: 0,
    };
    let is_whole = stored.document(info).part(info.id) == Some(part);
    is_whole.then_some(stored)
}
