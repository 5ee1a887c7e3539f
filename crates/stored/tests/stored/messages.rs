//! The recorder's messages by their bytes.

use inturn_client_core::{
    problem::Problem,
    session::{Device, Event, LevelReading, Progress, Sound, State},
};
use inturn_page_core::{
    Follower, Kind,
    messages::{ToPage, encode},
};
use inturn_stored::{Record, StoredRecording, decode_for_follower, message};
use inturn_transcript::TurnState;

use crate::values::{began, info, turn};

#[test]
fn what_is_decoded_for_a_follower_is_all_that_it_needs() {
    let words = turn(0, TurnState::Formatted, "All of it.");
    let messages = [
        ToPage::Ready,
        ToPage::OpenMicrophone(Device::Chosen),
        ToPage::CloseMicrophone,
        ToPage::Event(Event::State(State::AwaitingMicrophone)),
        ToPage::Event(Event::Began(info(1))),
        ToPage::Event(Event::Sound(Sound::Arriving)),
        ToPage::Event(Event::State(State::Listening(Progress::Live))),
        ToPage::Event(Event::Changed(began(1))),
        ToPage::Event(Event::Changed(words)),
        ToPage::Event(Event::Level(LEVEL)),
        ToPage::Event(Event::Billed(7)),
        ToPage::Event(Event::RetryWait(2)),
        ToPage::Event(Event::IdleCountdown(None)),
        ToPage::Event(Event::Problem(Problem::SocketRefused)),
        ToPage::Event(Event::Interrupted(Problem::SocketRefused)),
        ToPage::Event(Event::Resolved(Problem::SocketRefused)),
        ToPage::Event(Event::State(State::Idle)),
    ];
    let (mut of_all, mut of_decoded) = (Follower::default(), Follower::default());
    for message in messages {
        let bytes = encode(&message).expect("the message is encoded");
        if let Some(decoded) = decode_for_follower(&bytes) {
            assert_eq!(decoded, message);
            of_decoded.handle(decoded);
        }
        of_all.handle(message.clone());
        let states = (format!("{of_decoded:?}"), format!("{of_all:?}"));
        assert_eq!(states.0, states.1, "after {message:?}");
    }
}

#[test]
fn messages_made_from_stored_content_are_those_of_the_recorder() {
    let change = turn(0, TurnState::Formatted, "All of it.");
    let changed = Event::Changed(change.clone());
    for (made, event) in [
        (message(Kind::Began, &info(1)), Event::Began(info(1))),
        (message(Kind::Changed, &change), changed.clone()),
        (message(Kind::Draft, &change), changed),
        (
            message(Kind::Ended, &State::Idle),
            Event::State(State::Idle),
        ),
    ] {
        assert_eq!(Some(made), encode(&ToPage::Event(event)));
    }
    assert!(message(Kind::Titled, &"Team").is_empty());
    let stored = StoredRecording {
        records: vec![Record::Ended(None)],
        damaged_bytes: 0,
    };
    let level = Event::Level(LevelReading {
        percent: 0,
        captured_ms: 0,
    });
    let level = encode(&ToPage::Event(level)).expect("the message is encoded");
    assert!(stored.messages(info(1)).contains(&level));
}

const LEVEL: LevelReading = LevelReading {
    percent: 7,
    captured_ms: 65_400,
};
