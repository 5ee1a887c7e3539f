//! What the Export menu makes of a document, and where a selection on the page is in it.

use inturn_page_core::export::{Bound, Choices, Format, Row, copied, place};
use inturn_transcript::{
    Change, Document, DocumentChange, Gap, GapReason, Place, RecordingId, RecordingInfo, Turn,
    TurnId, TurnState, Unicode, Word, Words, from_json,
};

const WITH_TIMES: Choices = Choices {
    times: true,
    of_day: false,
    names: true,
};

const ONLY_WORDS: Choices = Choices {
    times: false,
    of_day: false,
    names: false,
};

fn id(turn: u32) -> TurnId {
    TurnId { session: 1, turn }
}

fn begin(document: &mut Document, recording: u128, started_unix_ms: u64) {
    document.apply(&DocumentChange::RecordingBegan(RecordingInfo {
        id: RecordingId(recording),
        started_unix_ms,
        utc_offset_min: 60,
    }));
}

fn change(document: &mut Document, recording: u128, change: Change) {
    let recording = RecordingId(recording);
    document.apply(&DocumentChange::Transcript { recording, change });
}

fn speak(document: &mut Document, recording: u128, id: TurnId, text: &str) {
    let start_ms = (id.turn + 1) * 1_000;
    let mut words = Words::default();
    for (at, text) in (0..).zip(text.split(' ')) {
        let start_ms = start_ms + at * 100;
        words.push(Word {
            text,
            start_ms,
            end_ms: start_ms + 90,
            ..Word::default()
        });
    }
    let turn = Turn {
        state: TurnState::Formatted,
        start_ms,
        words,
        speaker: Some("A".to_owned()),
        ..Turn::new(id)
    };
    change(document, recording, Change::Turn(turn));
}

/// Two turns with a gap between them.
fn document() -> Document {
    let mut document = Document::default();
    begin(&mut document, 1, 1_795_561_500_000);
    speak(&mut document, 1, id(0), "Grüße 👩‍👩‍👧 an alle");
    let gap = Gap {
        from_ms: 1_500,
        to_ms: 1_900,
        reason: GapReason::Paused,
    };
    change(&mut document, 1, Change::Gap(gap));
    speak(&mut document, 1, id(1), "Shall we begin?");
    document
}

#[test]
fn copied_text_has_times_and_names_by_choice() {
    let document = document();
    assert_eq!(
        copied(&document, ONLY_WORDS),
        "Grüße 👩‍👩‍👧 an alle\n[not transcribed: paused]\nShall we begin?\n"
    );
    assert_eq!(
        copied(&document, WITH_TIMES),
        "[0:01] Speaker A: Grüße 👩‍👩‍👧 an alle\n\
         [0:01–0:01 not transcribed: paused]\n\
         [0:02] Speaker A: Shall we begin?\n"
    );
    let of_day = Choices {
        of_day: true,
        ..WITH_TIMES
    };
    assert_eq!(
        copied(&document, of_day),
        "[00:05:01] Speaker A: Grüße 👩‍👩‍👧 an alle\n\
         [00:05:01–00:05:01 not transcribed: paused]\n\
         [00:05:02] Speaker A: Shall we begin?\n"
    );
}

#[test]
fn copied_text_of_several_recordings_has_their_dates() {
    let mut document = document();
    begin(&mut document, 2, 1_795_565_100_000);
    assert!(
        !copied(&document, ONLY_WORDS).contains("2026"),
        "the second has no words"
    );
    speak(
        &mut document,
        2,
        TurnId {
            session: 2,
            turn: 0,
        },
        "Again.",
    );
    let text = copied(&document, ONLY_WORDS);
    assert!(text.starts_with("2026-11-25 00:05 (0:02)\n\n"), "{text}");
    assert!(
        text.ends_with("\n2026-11-25 01:05 (0:01)\n\nAgain.\n"),
        "{text}"
    );
}

#[test]
fn each_format_has_its_own_file() {
    let document = document();
    let mut names: Vec<_> = Format::ALL.map(|it| it.file_name(&document)).into();
    assert_eq!(names[2], "2026-11-25 00.05 Transcript.srt");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), Format::ALL.len());
    for (format, start) in [
        (
            Format::Text,
            "2026-11-25 00:05 (0:02)\n\n[0:01] Speaker A: Grüße",
        ),
        (
            Format::Markdown,
            "## 2026-11-25 00:05 (0:02)\n\n**Speaker A** (0:01) Grüße",
        ),
        (Format::Srt, "1\n00:00:01,000 --> "),
        (Format::WebVtt, "WEBVTT\n\n00:00:01.000 --> "),
    ] {
        let content = format.write(&document, WITH_TIMES, Unicode::default());
        assert!(content.starts_with(start), "{content}");
    }
    let json = Format::Json.write(&document, ONLY_WORDS, Unicode::default());
    assert_eq!(from_json(&json), Ok(document));
}

#[test]
fn a_point_in_a_row_is_a_place_between_words() {
    let document = document();
    let word = |utf16, bound| {
        let place = place(&document, Row::Turn(id(0)), utf16, bound).expect("the row exists");
        assert_eq!(place.recording, RecordingId(1));
        place.word
    };
    // The family takes 8 code units, so the words are 0..5, 6..14, 15..17 and 18..22.
    for (utf16, from, to) in [
        (0, 0, 0),
        (2, 0, 1),
        (5, 1, 1),
        (6, 1, 1),
        (7, 1, 2),
        (14, 2, 2),
        (16, 2, 3),
        (22, 4, 4),
        (usize::MAX, 4, 4),
    ] {
        assert_eq!(word(utf16, Bound::From), from, "from {utf16}");
        assert_eq!(word(utf16, Bound::To), to, "to {utf16}");
    }
}

#[test]
fn a_selection_from_a_word_to_a_gap_is_copied_with_both() {
    let document = document();
    let from = place(&document, Row::Turn(id(0)), 16, Bound::From).expect("the turn exists");
    let to = place(&document, Row::Gap(0), 0, Bound::To).expect("the gap exists");
    assert_eq!(
        copied(&document.selected(from, to), ONLY_WORDS),
        "an alle\n[not transcribed: paused]\n"
    );
    let to = Place {
        word: 1,
        ..place(&document, Row::Turn(id(1)), 0, Bound::To).expect("exists")
    };
    assert_eq!(
        copied(&document.selected(from, to), ONLY_WORDS),
        "an alle\n[not transcribed: paused]\nShall\n"
    );
}

#[test]
fn rows_that_the_document_lacks_have_no_place() {
    let document = document();
    assert_eq!(place(&document, Row::Turn(id(2)), 0, Bound::From), None);
    assert_eq!(place(&document, Row::Gap(1), 0, Bound::From), None);
}
