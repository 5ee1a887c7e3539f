//! Where a search finds text in the rows of the page.

use inturn_page_core::find::{FoundInRow, find};
use inturn_transcript::{
    Change, Document, DocumentChange, Gap, GapReason, Query, RecordingId, RecordingInfo, Turn,
    TurnId, Unicode, Word, Words,
};

fn id(session: u32, turn: u32) -> TurnId {
    TurnId { session, turn }
}

/// Two recordings, with a gap and an emoji, which has two UTF-16 code units.
fn document() -> Document {
    let mut document = Document::default();
    for recording in [1, 2] {
        document.apply(&DocumentChange::RecordingBegan(RecordingInfo {
            id: RecordingId(recording),
            started_unix_ms: recording as u64,
            ..RecordingInfo::default()
        }));
    }
    let gap = Gap {
        from_ms: 10_000,
        to_ms: 20_000,
        reason: GapReason::Paused,
    };
    for (recording, change) in [
        (1, spoken(id(1, 0), "🎉 A café near the café")),
        (1, Change::Gap(gap)),
        (1, spoken(id(1, 3), "nothing here")),
        (2, spoken(id(2, 0), "The CAFE")),
    ] {
        let recording = RecordingId(recording);
        document.apply(&DocumentChange::Transcript { recording, change });
    }
    document
}

fn spoken(id: TurnId, text: &str) -> Change {
    let mut words = Words::default();
    for text in text.split(' ') {
        words.push(Word {
            text,
            ..Word::default()
        });
    }
    Change::Turn(Turn {
        words,
        ..Turn::new(id)
    })
}

fn found(text: &str) -> Vec<FoundInRow> {
    let query = Query::new(text, Unicode::default()).expect("the text has letters");
    find(&document(), &query)
}

#[test]
fn places_are_counted_as_javascript_counts() {
    let place = |turn, utf16| FoundInRow { turn, utf16 };
    assert_eq!(
        found("cafe"),
        [
            place(id(1, 0), 5..9),
            place(id(1, 0), 19..23),
            place(id(2, 0), 4..8),
        ]
    );
}

#[test]
fn a_place_can_reach_over_words() {
    let found = found("  a   Cafe ");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].utf16, 3..9);
}

#[test]
fn remarks_of_the_page_are_not_found() {
    assert_eq!(found("paused"), []);
}
