//! A document that was opened from a JSON file is stored.

use inturn_client_core::recording::RecordingId;
use inturn_stored::{StoredRecording, recordings_of};
use inturn_transcript::{
    Change, Correction, Document, DocumentChange, RecordingInfo, SpeakerName, TurnId, TurnState,
    export::to_json, from_json,
};
use proptest::prelude::*;

use crate::values::{began, changes, ended, gap, info, turn};

proptest! {
    /// Each recording as one file, whose document has the text of the JSON file.
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
        // Hears all of it again, and says something else.
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

/// Its words are not where its session was.
#[test]
fn a_file_that_another_program_has_changed_is_not_stored_in_part() {
    let log = vec![began(1), turn(0, TurnState::Formatted, "Two words.")];
    let json = to_json(&document("", &[(log, Some(9_000))]));
    let changed = json.replacen("\"start_ms\":0", "\"start_ms\":50000", 1);
    assert_ne!(changed, json);
    let opened = from_json(&changed).expect("the file is valid");
    assert_eq!(recordings_of(&opened), None);
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

/// The same turn as that of session 1, in another session.
fn said_by(session: u32, text: &str) -> Change {
    let mut change = turn(0, TurnState::Formatted, text);
    if let Change::Turn(turn) = &mut change {
        turn.id.session = session;
    }
    change
}
