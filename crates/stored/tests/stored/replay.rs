//! Putting a stored recording back on a page.

use inturn_client_core::problem::MicrophoneFailure;
use inturn_page_core::{
    EntryChange, Follower,
    messages::{ToPage, ToRecorder, decode},
    page::{Effect, Input, Page},
};
use inturn_stored::{Record, StoredRecording};
use inturn_transcript::{Document, TurnState};

use crate::values::{began, gap, info, turn};

fn messages(stored: &StoredRecording) -> impl Iterator<Item = ToPage> {
    let messages = stored.messages(info(1));
    let decoded = |message: Vec<u8>| decode(&message).expect("the page understands it");
    messages.into_iter().map(decoded)
}

/// What the page shows: the rows' texts, and the lengths in the headings.
fn shown(stored: &StoredRecording) -> (Vec<String>, Vec<String>) {
    let mut page = Page::new();
    let (mut rows, mut lengths) = (Vec::new(), Vec::new());
    for message in messages(stored) {
        page.handle(Input::Recorder(message));
        while let Some(effect) = page.next_effect() {
            match effect {
                Effect::ShowEntry(EntryChange::Put { id, view, .. }) => {
                    rows.retain(|(row, _)| *row != id);
                    rows.push((id, view.firm + &view.tentative));
                }
                Effect::ShowEntry(EntryChange::Ended { length }) => lengths.push(length),
                _ => {}
            }
        }
    }
    (rows.into_iter().map(|it| it.1).collect(), lengths)
}

fn followed(stored: &StoredRecording) -> Document {
    let mut follower = Follower::default();
    for message in messages(stored) {
        follower.handle(message);
    }
    follower.document().clone()
}

fn recording(end: &[Record]) -> StoredRecording {
    let mut records = vec![
        Record::Began(info(1)),
        Record::Changed(began(1)),
        Record::Changed(turn(0, TurnState::Formatted, "All of it.")),
        Record::Draft(turn(1, TurnState::Open, "a part")),
    ];
    records.extend_from_slice(end);
    StoredRecording {
        records,
        damaged_bytes: 0,
    }
}

#[test]
fn the_page_shows_a_recording_that_ended_as_before() {
    for (length_ms, expected) in [(None, "0:09"), (Some(21_400), "0:21")] {
        let stored = recording(&[
            Record::Changed(turn(1, TurnState::Formatted, "A part of it.")),
            Record::Changed(gap()),
            Record::Ended(length_ms),
        ]);
        let (rows, lengths) = shown(&stored);
        assert_eq!(rows, ["All of it.", "A part of it.", ""]);
        assert_eq!(lengths, [expected]);
        assert_eq!(followed(&stored), stored.document(info(1)));
    }
}

#[test]
fn the_open_turn_of_an_interrupted_recording_is_unfinished() {
    let stored = recording(&[]);
    let (rows, lengths) = shown(&stored);
    assert_eq!(rows, ["All of it.", "a part"]);
    assert_eq!(lengths, ["0:01"]);
    let document = followed(&stored);
    assert!(document.is_complete());
    let states = document.parts()[0].transcript.turns().map(|it| it.state);
    assert!(states.eq([TurnState::Formatted, TurnState::Unfinished]));
}

/// The numbers of sessions identify the rows of a page.
#[test]
fn the_recorder_goes_on_with_other_session_numbers() {
    let mut page = Page::new();
    // It goes on with the defaults.
    page.handle(Input::Configured(Err(MicrophoneFailure::SignedOut)));
    for message in messages(&recording(&[])) {
        page.handle(Input::Recorder(message));
    }
    let sent = std::iter::from_fn(|| page.next_effect()).filter_map(|effect| match effect {
        Effect::Send(ToRecorder::Configure(configure)) => Some(configure.sessions),
        _ => None,
    });
    assert!(sent.eq([1]));
}

/// The file's name has the recording too.
#[test]
fn a_recording_without_the_record_of_its_start_is_put_back() {
    let stored = StoredRecording {
        records: vec![Record::Changed(turn(0, TurnState::Formatted, "All of it."))],
        damaged_bytes: 0,
    };
    assert_eq!(shown(&stored).0, ["All of it."]);
    assert!(followed(&stored).part(info(1).id).is_some());
}
