//! The document of a stored recording.

use inturn_client_core::recording::RecordingInfo;
use inturn_stored::{Record, StoredRecording};
use inturn_transcript::{Document, TurnState};

use crate::values::{began, gap, info, read, turn, written};

#[test]
fn a_recording_that_ended_is_complete_and_as_long_as_its_last_entry() {
    let document = document(&[
        Record::Began(info(1)),
        Record::Changed(began(1)),
        Record::Changed(turn(0, TurnState::Formatted, "All of it.")),
        Record::Changed(gap()),
        Record::Ended(None),
    ]);
    assert!(document.is_complete());
    assert_eq!(document.parts()[0].length_ms, Some(9_500));
}

#[test]
fn a_recording_is_as_long_as_its_end_says() {
    let document = document(&[
        Record::Began(info(1)),
        Record::Changed(began(1)),
        Record::Changed(turn(0, TurnState::Formatted, "All of it.")),
        Record::Ended(Some(21_400)),
    ]);
    assert_eq!(document.parts()[0].length_ms, Some(21_400));
}

#[test]
fn a_recording_that_was_interrupted_is_not_complete() {
    let mut document = document(&[
        Record::Began(info(1)),
        Record::Changed(began(1)),
        Record::Changed(turn(0, TurnState::Formatted, "All of it.")),
        Record::Draft(turn(1, TurnState::Open, "a part")),
    ]);
    assert!(!document.is_complete());
    for change in document.interrupted() {
        document.apply(&change);
    }
    let states = document.parts()[0].transcript.turns().map(|it| it.state);
    let states: Vec<TurnState> = states.collect();
    assert_eq!(states, [TurnState::Formatted, TurnState::Unfinished]);
}

#[test]
fn a_recording_that_goes_on_is_not_complete() {
    let document = document(&[
        Record::Began(info(1)),
        Record::Ended(None),
        Record::Began(info(1)),
    ]);
    assert!(!document.is_complete());
    assert_eq!(document.parts().len(), 1);
}

#[test]
fn the_last_title_counts() {
    let titled = |title: &str| Record::Titled(title.to_owned());
    let document = document(&[Record::Began(info(1)), titled("one"), titled("two")]);
    assert_eq!(document.title(), "two");
}

/// The file's name has the recording too.
#[test]
fn a_file_without_the_record_of_the_start_is_read() {
    let text = "All of it.";
    let (file, _) = written(&[Record::Changed(turn(0, TurnState::Formatted, text))]);
    let read = read(&file);
    assert_eq!(read.info(), None);
    let document = read.document(info(5));
    let part = document.part(info(5).id).expect("the recording is there");
    assert_eq!(part.info, info(5));
    assert!(part.transcript.turns().map(|it| it.text()).eq([text]));
}

#[test]
fn a_file_that_was_only_created_is_empty() {
    for file in [&[][..], &[1]] {
        let read = read(file);
        assert!(read.records.is_empty() && read.document(info(5)).is_empty());
    }
}

fn document(records: &[Record]) -> Document {
    let (file, _) = written(records);
    read(&file).document(RecordingInfo::default())
}

#[test]
fn the_end_of_a_file_tells_whether_the_recording_ended() {
    let words = Record::Changed(turn(0, TurnState::Formatted, "All of it."));
    let titled = Record::Titled("Team".to_owned());
    for (records, expected) in [
        (vec![words.clone()], false),
        (vec![words.clone(), Record::Ended(None)], true),
        (
            vec![words.clone(), Record::Ended(None), titled.clone()],
            true,
        ),
        (vec![words.clone(), titled], false),
        (
            vec![Record::Ended(None), Record::Began(info(1)), words],
            false,
        ),
        (vec![], false),
    ] {
        let (file, lengths) = written(&records);
        // The last record must be whole, and the last but one if that is a title.
        let from = lengths.iter().rev().nth(2).copied().unwrap_or(1);
        for start in from.saturating_sub(20)..=from {
            let ends = StoredRecording::ends(&file[start..]);
            assert_eq!(ends, expected, "{records:?} from {start} on");
        }
    }
}
