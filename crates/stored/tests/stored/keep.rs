//! A document that was opened from a JSON file is stored.

use inturn_client_core::recording::RecordingId;
use inturn_stored::{Record, StoredRecording, VERSION, completed, recordings_of};
use inturn_transcript::{
    Change, Correction, Document, DocumentChange, RecordingInfo, SpeakerName, TurnId, TurnState,
    export::to_json, from_json,
};
use proptest::prelude::*;

use crate::values::{began, changes, ended, gap, info, read, turn, written};

proptest! {
    /// Each recording becomes one file. Exported, it is the JSON file that was opened, without the
    /// other recordings.
    #[test]
    fn what_is_stored_is_what_the_file_has(
        logs in prop::collection::vec((changes(), prop::option::of(0_u32..90_000)), 1..4),
        title in "[a-z <é]{0,9}",
    ) {
        let document = document(&title, &logs);
        let opened = from_json(&to_json(&document)).expect("the file is valid");
        let stored = recordings_of(&opened).expect("all of it can be stored");
        for part in ended_parts(&opened) {
            let of_part = stored.iter().filter(|(info, _)| *info == part.parts()[0].info);
            let files: Vec<Vec<u8>> = of_part.map(|(_, it)| it.to_file()).collect();
            if part.is_empty() {
                prop_assert!(files.is_empty());
                continue;
            }
            prop_assert_eq!(files.len(), 1);
            let read = StoredRecording::read(&files[0]).expect("it is of this version");
            let again = read.document(RecordingInfo::default());
            prop_assert!(again.is_complete());
            prop_assert_eq!(to_json(&again), to_json(&part));
        }
    }
}

#[test]
fn corrections_names_and_replaced_sessions_are_stored() {
    let correction = Correction {
        first: 1,
        count: 1,
        original: "words.".to_owned(),
        start_ms: 100,
        end_ms: 180,
        text: "swords".to_owned(),
    };
    let name = SpeakerName {
        session: None,
        label: "A".to_owned(),
        name: "Mia".to_owned(),
    };
    let log = vec![
        began(1),
        turn(0, TurnState::Formatted, "Two words."),
        gap(),
        ended(1),
        // Takes over the words of session 1.
        began(2),
        said_by(2, "Two"),
        Change::Corrected {
            turn: TurnId {
                session: 2,
                turn: 0,
            },
            corrections: vec![correction],
        },
        Change::SpeakerNamed(name),
        ended(2),
    ];
    let document = document("Team", &[(log, Some(21_400))]);
    let (_, stored) = recordings_of(&document).expect("all of it").remove(0);
    let json = to_json(&stored.document(info(1)));
    assert_eq!(json, to_json(&document));
    for expected in ["swords", "Mia", "Team", "21400", "\"number\":2"] {
        assert!(json.contains(expected), "{json}");
    }
}

/// Words that are outside the time of their session can't be stored.
#[test]
fn a_file_that_another_program_has_changed_is_not_stored_in_part() {
    let log = vec![began(1), turn(0, TurnState::Formatted, "Two words.")];
    let json = to_json(&document("", &[(log, Some(9_000))]));
    let changed = json.replacen("\"start_ms\":0", "\"start_ms\":50000", 1);
    assert_ne!(changed, json);
    let opened = from_json(&changed).expect("the file is valid");
    assert_eq!(recordings_of(&opened), None);
}

/// The storage became full during the recording, or the browser was killed.
#[test]
fn what_a_file_lacks_is_added() {
    let said = |number, state, text| Record::Changed(turn(number, state, text));
    let draft = |number, text| Record::Draft(turn(number, TurnState::Open, text));
    let begin = [
        Record::Began(info(1)),
        Record::Changed(began(1)),
        draft(0, "Two"),
        said(0, TurnState::Formatted, "Two words."),
        draft(1, "a"),
        draft(1, "a part"),
        said(1, TurnState::Formatted, "A part of it."),
        Record::Changed(gap()),
    ];
    let replaced = [
        Record::Changed(ended(1)),
        Record::Changed(began(2)),
        Record::Changed(said_by(2, "All of it, again.")),
    ];
    for end in [&[][..], &[draft(2, "and")], &replaced] {
        let (whole, _) = written(&[&begin[..], end].concat());
        let mut document = read(&whole).document(info(1));
        for change in document.interrupted() {
            document.apply(&change);
        }
        let (_, opened) = recordings_of(&document).expect("all of it").remove(0);
        for length in 0..=whole.len() {
            let file = completed(&whole[..length], info(1), &opened).expect("it had no end");
            let completed_json = to_json(&read(&file).document(info(1)));
            assert_eq!(completed_json, to_json(&document), "{length} bytes");
            assert_eq!(completed(&file, info(1), &opened), None, "{length} bytes");
        }
    }
}

/// It was kept from a file that had been saved during the recording.
#[test]
fn what_was_said_after_a_file_was_saved_is_added() {
    let said = |number, text| turn(number, TurnState::Formatted, text);
    let early = vec![began(1), said(0, "One."), turn(1, TurnState::Open, "and")];
    let late = [&early[..], &[said(1, "And two."), said(2, "Three.")]].concat();
    let late = document("", &[(late, Some(9_000))]);
    let (_, opened) = recordings_of(&late).expect("all of it").remove(0);
    let (_, saved) = recordings_of(&document("", &[(early, None)]))
        .expect("all of it")
        .remove(0);
    let file = completed(&saved.to_file(), info(1), &opened).expect("it lacks words");
    let part = read(&file).document(info(1)).parts()[0].clone();
    let texts = part.transcript.turns().map(|it| it.text());
    assert!(texts.eq(["One.", "And two.", "Three."]));
    assert_eq!(part.length_ms, Some(9_000));
    // The other way round, nothing is missing.
    assert_eq!(completed(&file, info(1), &saved), None);
}

#[test]
fn what_a_person_has_changed_since_stays() {
    let log = vec![began(1), turn(0, TurnState::Formatted, "Two words.")];
    let opened = document("Old", &[(log, Some(9_000))]);
    let (_, opened) = recordings_of(&opened).expect("all of it").remove(0);
    let mut changed = opened.clone();
    let name = SpeakerName {
        session: None,
        label: "A".to_owned(),
        name: "Mia".to_owned(),
    };
    changed
        .records
        .push(Record::Changed(Change::SpeakerNamed(name)));
    changed.records.push(Record::Titled("New".to_owned()));
    let file = changed.to_file();
    assert_eq!(completed(&file, info(1), &opened), None);

    changed.records.push(Record::Began(info(1))); // It has no end then.
    let file = completed(&changed.to_file(), info(1), &opened).expect("it had no end");
    let document = read(&file).document(info(1));
    assert_eq!(document.title(), "New");
    assert!(to_json(&document).contains("Mia"));
    assert!(document.is_complete());
}

#[test]
fn a_file_of_a_later_version_stays() {
    let log = vec![began(1), turn(0, TurnState::Formatted, "Two words.")];
    let document = document("", &[(log, Some(9_000))]);
    let (_, opened) = recordings_of(&document).expect("all of it").remove(0);
    assert_eq!(completed(&[VERSION + 1], info(1), &opened), None);
}

fn document(title: &str, logs: &[(Vec<Change>, Option<u32>)]) -> Document {
    let mut document = Document::default();
    document.apply(&DocumentChange::Titled(title.to_owned()));
    for (id, (log, length_ms)) in (1..).zip(logs) {
        let recording = RecordingId(id);
        document.apply(&DocumentChange::RecordingBegan(info(id)));
        for change in log.iter().cloned() {
            document.apply(&DocumentChange::Transcript { recording, change });
        }
        if let Some(length_ms) = *length_ms {
            document.apply(&DocumentChange::RecordingEnded {
                recording,
                length_ms,
            });
        }
    }
    document
}

/// Returns a document for each recording, which has ended.
fn ended_parts(document: &Document) -> Vec<Document> {
    let mut document = document.clone();
    for change in document.interrupted() {
        document.apply(&change);
    }
    let json = to_json(&document);
    let parts = document.parts().iter().map(|part| {
        let mut file: serde_json::Value = serde_json::from_str(&json).expect("valid JSON");
        let id = format!("{:032x}", part.info.id.0);
        let recordings = file["recordings"].as_array_mut().expect("a list");
        recordings.retain(|it| it["id"] == id.as_str());
        from_json(&file.to_string()).expect("the file is valid")
    });
    parts.collect()
}

/// Turn 0 of a session.
fn said_by(session: u32, text: &str) -> Change {
    let mut change = turn(0, TurnState::Formatted, text);
    if let Change::Turn(turn) = &mut change {
        turn.id.session = session;
    }
    change
}
