//! Long documents.

use inturn_transcript::{
    Change, Document, DocumentChange, Query, RecordingInfo, SpeakerName, Turn, TurnId, TurnState,
    Unicode, Word, Words,
    export::{CueOptions, TextOptions, to_json, to_markdown, to_srt, to_text, to_webvtt},
    from_json,
};

/// A document with `turns` turns of ten words, of two speakers.
fn document(turns: u32) -> Document {
    let mut document = Document::default();
    let info = RecordingInfo::default();
    document.apply(&DocumentChange::RecordingBegan(info));
    for turn in 0..turns {
        let start_ms = turn * 5_000;
        let mut words = Words::default();
        for at in 0..10 {
            words.push(Word {
                text: "ferry",
                start_ms: start_ms + at * 400,
                end_ms: start_ms + at * 400 + 350,
                ..Word::default()
            });
        }
        let label = if turn % 2 == 0 { "A" } else { "B" };
        document.apply(&DocumentChange::Transcript {
            recording: info.id,
            change: Change::Turn(Turn {
                state: TurnState::Formatted,
                start_ms,
                words,
                speaker: Some(label.to_owned()),
                ..Turn::new(TurnId { session: 1, turn })
            }),
        });
    }
    document
}

/// Would take minutes if one of these were quadratic.
#[test]
fn ten_thousand_turns_are_exported_imported_searched_and_renamed() {
    let mut document = document(10_000);
    let text = to_text(&document, &TextOptions::default());
    assert_eq!(text.matches("ferry").count(), 100_000);
    let markdown = to_markdown(&document, &TextOptions::default());
    assert_eq!(markdown.matches("ferry").count(), 100_000);
    let srt = to_srt(&document, &CueOptions::default());
    assert_eq!(srt.matches("ferry").count(), 100_000);
    let vtt = to_webvtt(&document, &CueOptions::default());
    assert_eq!(
        vtt.matches("<v Speaker A>").count(),
        vtt.matches("<v Speaker B>").count()
    );
    assert_eq!(from_json(&to_json(&document)), Ok(document.clone()));
    let query = Query::new("RRY FERRY", Unicode::default()).expect("it has letters");
    assert_eq!(query.in_document(&document).len(), 50_000);
    let touched = document.apply(&DocumentChange::Transcript {
        recording: RecordingInfo::default().id,
        change: Change::SpeakerNamed(SpeakerName {
            session: None,
            label: "A".to_owned(),
            name: "Mia".to_owned(),
        }),
    });
    assert_eq!(touched.len(), 5_000);
}
