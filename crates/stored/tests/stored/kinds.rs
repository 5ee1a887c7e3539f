//! What is stored of the recorder's messages, and how `store.js` writes it.

use inturn_client_core::session::{Event, LevelReading, State};
use inturn_page_core::{
    Kind,
    messages::{self, ToPage},
};
use inturn_stored::{Record, VERSION};
use inturn_transcript::{Change, TurnState};

use crate::values::{began, checksum, ended, gap, info, read, turn};

#[test]
fn the_recorders_messages_are_records() {
    let open = turn(0, TurnState::Open, "hello");
    let raw = turn(0, TurnState::Raw, "hello there");
    let changed = |change: &Change| {
        (
            Event::Changed(change.clone()),
            Record::Changed(change.clone()),
        )
    };
    let events = [
        (
            Event::Began(info(u128::MAX)),
            Record::Began(info(u128::MAX)),
        ),
        changed(&began(1)),
        (Event::Changed(open.clone()), Record::Draft(open)),
        changed(&raw),
        changed(&gap()),
        changed(&ended(1)),
        (Event::State(State::Idle), Record::Ended(None)),
    ];
    let mut file = vec![1];
    for (event, _) in &events {
        let message = ToPage::Event(event.clone());
        let kind = Kind::of(&message).expect("it is stored");
        file.extend(frame_by_script(&message, kind));
    }
    let read = read(&file);
    assert_eq!(read.records, events.map(|(_, record)| record));
    assert_eq!(read.damaged_bytes, 0);
}

#[test]
fn states_problems_and_levels_are_not_stored() {
    for message in [
        ToPage::Ready,
        ToPage::CloseMicrophone,
        ToPage::Event(Event::State(State::Paused)),
        ToPage::Event(Event::State(State::Connecting)),
        ToPage::Event(Event::Billed(5)),
        ToPage::Event(Event::RetryWait(5)),
    ] {
        assert_eq!(Kind::of(&message), None, "{message:?}");
    }
}

/// `store.js` puts a 1 in front of what follows the level in the last reading.
#[test]
fn the_record_of_the_end_has_the_length_that_the_page_shows() {
    for captured_ms in [0, 21_400, u32::MAX] {
        let reading = LevelReading {
            percent: 100,
            captured_ms,
        };
        let message = ToPage::Event(Event::Level(reading));
        let message = messages::encode(&message).expect("it can be encoded");
        assert_eq!(message[1], 10, "`LEVEL` in `store.js`");
        let content = [&[1], &message[3..]].concat();
        let file = [&[VERSION][..], &frame(Kind::Ended, &content)].concat();
        assert_eq!(read(&file).records, [Record::Ended(Some(captured_ms))]);
    }
}

/// `store.js` and `recorder.js` have the numbers of these kinds as constants.
#[test]
fn the_scripts_have_the_same_kinds() {
    let store = include_str!("../../../../public/store.js");
    let recorder = include_str!("../../../../public/recorder.js");
    for (script, name, kind) in [
        (store, "BEGAN", Kind::Began),
        (store, "DRAFT", Kind::Draft),
        (store, "ENDED", Kind::Ended),
        (recorder, "CHANGED", Kind::Changed),
    ] {
        let line = format!("const {name} = {};", kind as u8);
        assert!(script.contains(&line), "{line}");
    }
    assert!(store.contains("const LEVEL = 10;"));
    let version = format!("[Uint8Array.of({VERSION})]");
    assert!(store.contains(&version), "{version}");
}

/// Returns the frame that `store.js` makes of a message: it replaces the numbers that `ToPage`
/// and `Event` have in the message, one byte each, by the kind.
fn frame_by_script(message: &ToPage, kind: Kind) -> Vec<u8> {
    let message = messages::encode(message).expect("it can be encoded");
    frame(kind, &message[2..])
}

fn frame(kind: Kind, content: &[u8]) -> Vec<u8> {
    let record = [&[kind as u8], content].concat();
    let len = record.len() as u32;
    let sum = checksum(&record);
    [&len.to_le_bytes()[..], &sum.to_le_bytes(), &record].concat()
}
