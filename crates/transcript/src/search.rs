//! Finding text in a document, whatever its case and its diacritics.

mod fold;

use std::ops::Range;

use self::fold::Folded;
use crate::{
    document::Document,
    entry::{Entry, EntryId},
    recording::RecordingId,
    transcript::Transcript,
    unicode::Unicode,
};

/// A text to search for. Case, diacritics, the width of letters and the kind of quotes do not
/// count; a space stands for any number of spaces.
#[derive(Clone, Debug)]
pub struct Query {
    folded: String,
    unicode: Unicode,
}

/// A place that was found. It names the entry by its id, so changes of other entries leave it
/// valid; after a change of the entry, search that one again with [`Query::in_entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The recording.
    pub recording: RecordingId,
    /// The turn.
    pub entry: EntryId,
    /// The place in [`Reading::text`](crate::Reading::text), in bytes.
    pub bytes: Range<usize>,
    /// The words that are at least partly in that place, as indices of
    /// [`Reading::words`](crate::Reading::words).
    pub words: Range<usize>,
}

impl Query {
    /// Returns a query for `text`, or `None` if `text` has no letters.
    pub fn new(text: &str, unicode: Unicode) -> Option<Self> {
        let folded = Folded::new(text.trim(), unicode).text;
        (!folded.is_empty()).then_some(Self { folded, unicode })
    }

    /// Returns `true` if a text has the searched one in it.
    pub fn is_in(&self, text: &str) -> bool {
        let folded = Folded::new(text, self.unicode).text;
        places(&folded, &self.folded).next().is_some()
    }

    /// Finds all places in a document, in order. They do not overlap.
    pub fn in_document(&self, document: &Document) -> Vec<Found> {
        let mut found = Vec::new();
        for part in document.parts() {
            for entry in part.transcript.entries() {
                found.extend(self.in_entry(part.info.id, &part.transcript, entry));
            }
        }
        found
    }

    /// Finds all places in one entry of a recording's transcript, in order.
    pub fn in_entry(
        &self,
        recording: RecordingId,
        transcript: &Transcript,
        entry: &Entry,
    ) -> Vec<Found> {
        let Entry::Turn(turn) = entry else {
            return Vec::new();
        };
        let Some(reading) = transcript.reading(turn.id) else {
            return Vec::new();
        };
        let folded = Folded::new(reading.text(), self.unicode);
        let found = places(&folded.text, &self.folded).map(|place| {
            let bytes = folded.source(place);
            Found {
                recording,
                entry: entry.id(),
                words: reading.words_at(bytes.clone()),
                bytes,
            }
        });
        found.collect()
    }
}

/// Returns the places of `part` in `text`, in bytes, which do not overlap.
///
/// It does not use `str::match_indices`, which would be 1 kB of the page's module.
fn places(text: &str, part: &str) -> impl Iterator<Item = Range<usize>> {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..)?;
        let at = from + rest.windows(part.len()).position(|it| it == part)?;
        from = at + part.len();
        Some(at..from)
    })
}
