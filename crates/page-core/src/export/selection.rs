//! From a selection on the page to the places in the document.

use inturn_transcript::{Document, Entry, EntryId, Place, TurnId};

use crate::edits::part_of;

/// A row of the transcript, as the page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A turn.
    Turn(TurnId),
    /// A gap, with the number of gaps above it.
    Gap(usize),
}

/// Which end of a selection a place is. A word that is partly selected is in the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The start.
    From,
    /// The end.
    To,
}

/// Returns the place of a point in a row. `utf16` is the number of UTF-16 code units before it in
/// the row's text. Returns `None` if the document has no such row.
pub fn place(document: &Document, row: Row, utf16: usize, bound: Bound) -> Option<Place> {
    match row {
        Row::Turn(id) => {
            let part = part_of(document, id)?;
            let reading = part.transcript.reading(id)?;
            let bytes = byte_offset(reading.text(), utf16);
            Some(Place {
                recording: part.info.id,
                entry: EntryId::Turn(id),
                word: match bound {
                    Bound::From => reading.words_at(bytes..usize::MAX).start,
                    Bound::To => reading.words_at(0..bytes).end,
                },
            })
        }
        Row::Gap(index) => {
            let gaps = document.parts().iter().flat_map(|part| {
                let entries = part.transcript.entries().iter();
                let gaps = entries.filter(|it| matches!(it, Entry::Gap(_)));
                gaps.map(|gap| (part.info.id, gap.id()))
            });
            let (recording, entry) = gaps.into_iter().nth(index)?;
            Some(Place {
                recording,
                entry,
                word: 0,
            })
        }
    }
}

fn byte_offset(text: &str, utf16: usize) -> usize {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        if units >= utf16 {
            return at;
        }
        units += letter.len_utf16();
    }
    text.len()
}
