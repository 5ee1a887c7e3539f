//! The JSON format.

use inturn_transcript::{ImportError, Transcript, export::to_json, from_json};
use serde_json::{Value, json};

use super::{generator::documents, random::Random, sample};

#[test]
fn an_imported_document_equals_the_exported_one() {
    for (seed, document) in documents(1_000) {
        assert_eq!(from_json(&to_json(&document)), Ok(document), "seed {seed}");
    }
}

#[test]
fn the_changes_of_an_imported_document_make_it_again() {
    for (seed, document) in documents(1_000) {
        let imported = from_json(&to_json(&document)).expect("the file is valid");
        for part in imported.parts() {
            let mut again = Transcript::default();
            for change in part.transcript.changes() {
                again.apply(&change);
            }
            assert_eq!(again, part.transcript, "seed {seed}");
        }
    }
}

/// Returns the error after a change of one value of a valid file.
fn error_after(change: impl FnOnce(&mut Value)) -> String {
    let mut file: Value = serde_json::from_str(&to_json(&sample::document())).expect("valid JSON");
    change(&mut file);
    match from_json(&file.to_string()) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_unchanged_file_has_no_error() {
    assert_eq!(error_after(|_| {}), "no error");
    assert_eq!(
        error_after(|file| file["recordings"][0]["added_later"] = json!([1])),
        "no error",
        "a newer program may add fields"
    );
}

#[test]
fn errors_name_what_is_wrong() {
    type Break = fn(&mut Value);
    let cases: [(Break, &str); 9] = [
        (
            |file| file["version"] = json!(2),
            "The file has version 2 of the format, which this version of Inturn cannot read.",
        ),
        (
            |file| file["format"] = json!("other"),
            "The file is not a transcript that Inturn has saved: its \"format\" is missing.",
        ),
        (
            |file| file["recordings"][0]["entries"][1]["words"][2]["start_ms"] = json!("soon"),
            "The file is damaged: recordings[0].entries[1].words[2].start_ms is not a whole number \
             in the valid range.",
        ),
        (
            |file| file["recordings"][0]["entries"][0]["state"] = json!("new"),
            "The file is damaged: recordings[0].entries[0].state is not one of the known values.",
        ),
        (
            |file| file["recordings"][0]["entries"][2]["to_ms"] = json!(3),
            "The file is damaged: recordings[0].entries[2].to_ms is not a number greater than \
             from_ms.",
        ),
        (
            |file| file["recordings"][1]["id"] = file["recordings"][0]["id"].clone(),
            "The file is damaged: recordings[1].id is not an id that no other recording has.",
        ),
        (
            |file| file["recordings"][1]["id"] = json!("x"),
            "The file is damaged: recordings[1].id is not 32 hexadecimal digits.",
        ),
        (
            |file| file["recordings"] = json!({}),
            "The file is damaged: recordings is not a list.",
        ),
        (
            |file| {
                let recording = file["recordings"][0].as_object_mut().expect("an object");
                recording.remove("entries");
            },
            "The file lacks recordings[0].entries.",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(error_after(change), expected);
    }
}

#[test]
fn a_text_that_is_not_json_is_an_error_with_its_place() {
    let error = from_json("{\n  \"format\": }");
    assert_eq!(error, Err(ImportError::NotJson { at: Some((2, 13)) }));
    assert_eq!(from_json("[]"), Err(ImportError::NotTranscript));
}

#[test]
fn a_damaged_file_does_not_panic() {
    let file: Vec<char> = to_json(&sample::document()).chars().collect();
    let mut random = Random::new(3);
    for _ in 0..500 {
        let mut file = file.clone();
        let at = random.range(0, file.len() as u32 - 1) as usize;
        file[at] = random.pick(&['0', '9', '-', '"', '}', '[', ',', 'x', '\0', '語']);
        if let Ok(document) = from_json(&String::from_iter(file)) {
            assert_eq!(from_json(&to_json(&document)), Ok(document));
        }
    }
}
