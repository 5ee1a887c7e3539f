//! Finding text in the page's transcript.

use std::ops::Range;

use inturn_transcript::{Document, Query, TurnId};

/// A place that was found in the text of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundInRow {
    /// The row's turn.
    pub turn: TurnId,
    /// The place in the row's text, in UTF-16 code units, as in JavaScript.
    pub utf16: Range<u32>,
}

/// Finds all places in a document, in order.
pub fn find(document: &Document, query: &Query) -> Vec<FoundInRow> {
    let mut all = Vec::new();
    for part in document.parts() {
        for entry in part.transcript.entries() {
            let Some(turn) = entry.id().turn() else {
                continue;
            };
            let found = query.in_entry(part.info.id, &part.transcript, entry);
            // Most turns have none.
            let Some(reading) = part.transcript.reading(turn).filter(|_| !found.is_empty()) else {
                continue;
            };
            let text = reading.text();
            let units = |bytes: Range<usize>| {
                let part = text.get(bytes).unwrap_or_default();
                part.chars().map(|it| it.len_utf16() as u32).sum::<u32>()
            };
            all.extend(found.into_iter().map(|place| {
                let start = units(0..place.bytes.start);
                let end = start + units(place.bytes);
                FoundInRow {
                    turn,
                    utf16: start..end,
                }
            }));
        }
    }
    all
}
