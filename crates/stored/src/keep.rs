//! Storing a document that was opened from a file.

use inturn_transcript::{
    Change, Document, DocumentChange, Entry, Part, RecordingInfo, SessionEnd, Transcript,
};

use crate::{record::Record, recording::StoredRecording};

/// Returns the recordings of a document that have words or gaps, as they are stored: each with the
/// document's title. A recording that had not ended is stored as ended.
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

/// Returns the file of a recording to which `recording` has been added: the same recording, as
/// [`recordings_of`] returns it. `file` is what is stored, empty if nothing is. It may lack words
/// if the storage became full, or if a part of the recording was kept before. What a person has
/// changed in it meanwhile stays, unless `recording` has something else in the same place.
///
/// Returns `None` if the file is to stay as it is: it lacks nothing, or a later version of this
/// program has written it.
pub fn completed(file: &[u8], info: RecordingInfo, recording: &StoredRecording) -> Option<Vec<u8>> {
    let mut stored = StoredRecording::read(file).ok()?;
    let (before, opened) = (stored.document(info), recording.document(info));
    let (before_part, part) = (before.part(info.id)?, opened.part(info.id)?);
    let mut entries = part.transcript.entries().iter();
    if before.is_complete() && !entries.any(|entry| lacks(&before_part.transcript, entry)) {
        return None;
    }
    let has_ended = |session| part.transcript.session_numbers().any(|it| it == session);
    stored.records.retain(|record| match record {
        // Otherwise later words of the same session would be refused.
        Record::Changed(Change::SessionEnded {
            session,
            end: SessionEnd::BrokenOff,
        }) => !has_ended(*session),
        Record::Ended(_) => false,
        _ => true,
    });
    let is_titled = !before.title().is_empty();
    let added = recording.records.iter();
    let added = added.filter(|it| !(is_titled && matches!(it, Record::Titled(_))));
    stored.records.extend(added.cloned());
    let length_ms = before_part.length_ms().max(part.length_ms());
    stored.records.push(Record::Ended(Some(length_ms)));
    stored.compact();
    (stored.document(info) != before).then(|| stored.to_file())
}

/// Whether a transcript does not have an entry, or has an earlier state of it.
fn lacks(transcript: &Transcript, entry: &Entry) -> bool {
    match (transcript.entry(entry.id()), entry) {
        (Some(Entry::Turn(old)), Entry::Turn(new)) => old.state < new.state,
        (old, _) => old.is_none(),
    }
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
