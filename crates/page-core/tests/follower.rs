//! The document that is made from the recorder's messages.

use inturn_client_core::{
    recording::{RecordingId, RecordingInfo},
    session::{Event, LevelReading, State},
};
use inturn_page_core::{Follower, messages::ToPage};
use inturn_transcript::{
    Change, Document, DocumentChange, Session, SessionEnd, SpeakerName, Turn, TurnId, TurnState,
    Word, Words,
};

const FIRST: RecordingInfo = info(1, 1_795_561_500_000);
const SECOND: RecordingInfo = info(2, 1_795_561_600_000);

const fn info(id: u128, started_unix_ms: u64) -> RecordingInfo {
    RecordingInfo {
        id: RecordingId(id),
        started_unix_ms,
        utc_offset_min: 60,
    }
}

fn turn(session: u32, state: TurnState) -> Event {
    let mut words = Words::default();
    words.push(Word {
        text: "ferry",
        start_ms: 1_000,
        end_ms: 1_400,
        ..Word::default()
    });
    Event::Changed(Change::Turn(Turn {
        state,
        words,
        start_ms: 1_000,
        ..Turn::new(TurnId { session, turn: 0 })
    }))
}

fn began(session: u32) -> Event {
    Event::Changed(Change::SessionBegan(Session {
        number: session,
        start_ms: 0,
        end_ms: None,
    }))
}

fn ended(session: u32) -> Event {
    let end = SessionEnd::Clean;
    Event::Changed(Change::SessionEnded { session, end })
}

fn level(captured_ms: u32) -> Event {
    let percent = 50;
    Event::Level(LevelReading {
        percent,
        captured_ms,
    })
}

fn follow(events: Vec<Event>) -> (Follower, Vec<DocumentChange>) {
    let mut follower = Follower::default();
    let messages = events.into_iter().map(ToPage::Event);
    let changes = messages
        .flat_map(|it| follower.handle(it).changes)
        .collect();
    (follower, changes)
}

#[test]
fn a_recording_has_its_words_and_its_length() {
    let (follower, changes) = follow(vec![
        Event::State(State::Idle),
        Event::Began(FIRST),
        Event::State(State::Connecting),
        began(1),
        level(2_100),
        turn(1, TurnState::Formatted),
        level(3_250),
        ended(1),
        Event::State(State::Idle),
        Event::State(State::Idle),
    ]);
    let [part] = follower.document().parts() else {
        panic!("{:?}", follower.document());
    };
    assert_eq!((part.info, part.length_ms), (FIRST, Some(3_250)));
    assert_eq!(part.transcript.entries().len(), 1);

    // The changes are a complete copy.
    let mut replayed = Document::default();
    for change in &changes {
        replayed.apply(change);
    }
    assert_eq!(&replayed, follower.document());
    let is_end = |it: &&DocumentChange| matches!(it, DocumentChange::RecordingEnded { .. });
    assert_eq!(changes.iter().filter(is_end).count(), 1);
}

#[test]
fn without_a_level_a_recording_is_as_long_as_its_words() {
    let (follower, _) = follow(vec![
        Event::Began(FIRST),
        turn(1, TurnState::Formatted),
        Event::State(State::Idle),
    ]);
    assert_eq!(follower.document().parts()[0].length_ms, Some(1_400));
}

#[test]
fn a_new_recorder_ends_what_was_open() {
    let (mut follower, _) = follow(vec![
        Event::Began(FIRST),
        began(1),
        turn(1, TurnState::Open),
    ]);
    follower.handle(ToPage::Ready);
    let part = &follower.document().parts()[0];
    let id = TurnId {
        session: 1,
        turn: 0,
    };
    let state = part.transcript.turn(id).map(|it| it.state);
    assert_eq!(state, Some(TurnState::Unfinished));
    assert_eq!(part.length_ms, Some(1_400));
}

#[test]
fn a_second_recording_is_another_part_and_ends_the_first() {
    let (follower, _) = follow(vec![
        Event::Began(FIRST),
        began(1),
        turn(1, TurnState::Open),
        level(60_000),
        Event::Began(SECOND),
        began(2),
        turn(2, TurnState::Formatted),
        Event::State(State::Idle),
    ]);
    let parts = follower.document().parts();
    let lengths: Vec<_> = parts.iter().map(|it| (it.info, it.length_ms)).collect();
    assert_eq!(lengths, [(FIRST, Some(1_400)), (SECOND, Some(1_400))]);
}

#[test]
fn words_without_a_recording_are_kept() {
    let (follower, _) = follow(vec![turn(1, TurnState::Formatted)]);
    assert!(!follower.document().is_empty());
}

#[test]
fn a_person_edits_any_recording_of_the_page() {
    let (mut follower, _) = follow(vec![
        Event::Began(FIRST),
        turn(1, TurnState::Formatted),
        Event::State(State::Idle),
        Event::Began(SECOND),
        turn(2, TurnState::Formatted),
    ]);
    assert!(!follower.is_recording(FIRST.id), "it has ended");
    assert!(follower.is_recording(SECOND.id));
    let id = |session| TurnId { session, turn: 0 };
    for (info, session) in [(FIRST, 1), (SECOND, 2)] {
        let part = follower.document().part(info.id).expect("it is there");
        let change = part.transcript.turn_correction(id(session), "boat");
        let followed = follower.edit(info.id, change.expect("it changes"));
        assert_eq!(followed.turns, [id(session)]);
    }
    for (part, session) in follower.document().parts().iter().zip(1..) {
        let reading = part.transcript.reading(id(session));
        assert_eq!(reading.expect("it is there").text(), "boat");
    }
    // The recorder sends the same change back.
    let transcript = &follower.document().parts()[1].transcript;
    let again = Change::Corrected {
        turn: id(2),
        corrections: transcript.corrections(id(2)).to_vec(),
    };
    assert_eq!(
        follower.handle(ToPage::Event(Event::Changed(again))).turns,
        []
    );

    let unknown = SpeakerName {
        session: None,
        label: "A".to_owned(),
        name: "Mia".to_owned(),
    };
    let before = follower.document().clone();
    follower.edit(info(3, 0).id, Change::SpeakerNamed(unknown));
    assert_eq!(follower.document(), &before);
}

#[test]
fn an_edit_that_the_recorder_could_not_store_is_reported() {
    let named = |name: &str| {
        Change::SpeakerNamed(SpeakerName {
            session: None,
            label: "A".to_owned(),
            name: name.to_owned(),
        })
    };
    let (mut follower, _) = follow(vec![Event::Began(FIRST)]);
    let back =
        |follower: &mut Follower, name| follower.handle(ToPage::Event(Event::Changed(named(name))));
    for name in ["in time", "late", "lost"] {
        follower.sent_edit(FIRST, named(name));
    }
    assert_eq!(back(&mut follower, "in time").unstored, []);
    // The recorder has closed the file before the second one came.
    follower.handle(ToPage::Event(Event::State(State::Idle)));
    let late = back(&mut follower, "late").unstored;
    assert_eq!(late, [(FIRST, named("late"))]);
    let lost = follower.handle(ToPage::Ready).unstored;
    assert_eq!(lost, [(FIRST, named("lost"))]);
    assert_eq!(follower.handle(ToPage::Ready).unstored, []);
}
