//! Messages between the page and the recorder survive encoding and decoding unchanged.

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem, TokenFailure},
    recording::{RecordingId, RecordingInfo},
    session::{Awaited, Device, Event, Hold, LevelReading, Outage, Progress, Sound, State},
};
use inturn_page_core::{
    messages::{Configure, ToPage, ToRecorder, decode, encode},
    view::Action,
};
use inturn_protocol::{CloseCause, ErrorCode};
use inturn_transcript::{
    Change, Correction, Gap, GapReason, Session, SessionEnd, SpeakerName, Turn, TurnId, TurnState,
    Word, Words,
};

const INFO: RecordingInfo = RecordingInfo {
    id: RecordingId(9),
    started_unix_ms: 1_700_000_000_123,
    utc_offset_min: 60,
};

fn changes() -> Vec<Change> {
    let mut words = Words::default();
    words.push(Word {
        text: "ferry",
        start_ms: 60_000,
        end_ms: 60_400,
        confidence: 0.75,
        is_final: true,
        speaker: Some("A"),
    });
    vec![
        Change::SessionBegan(Session {
            number: 3,
            start_ms: 60_000,
            end_ms: Some(90_000),
        }),
        Change::Turn(Turn {
            state: TurnState::Unfinished,
            words,
            text: Some("The ferry.".to_owned()),
            language: Some("en".to_owned()),
            ..Turn::new(TurnId {
                session: 3,
                turn: u32::MAX,
            })
        }),
        Change::Gap(Gap {
            from_ms: 1,
            to_ms: 2,
            reason: GapReason::Disconnected,
        }),
        Change::SessionEnded {
            session: 3,
            end: SessionEnd::BrokenOff,
        },
        Change::Corrected {
            turn: TurnId {
                session: 3,
                turn: 0,
            },
            corrections: vec![Correction {
                count: 1,
                original: "fairy".to_owned(),
                text: "ferry".to_owned(),
                ..Correction::default()
            }],
        },
        Change::SpeakerNamed(SpeakerName {
            session: Some(3),
            label: "A".to_owned(),
            name: "Anna".to_owned(),
        }),
    ]
}

#[test]
fn messages_to_the_page_survive_encoding_and_decoding() {
    let refused = TokenFailure::Refused {
        code: ErrorCode::LimitReached,
        retry_after_secs: Some(60),
    };
    let mut events = vec![
        Event::Began(INFO),
        Event::State(State::Finishing(Awaited::Upload { secs: 7 })),
        Event::State(State::Listening(Progress::Behind { secs: 7 })),
        Event::State(State::Reconnecting {
            outage: Outage::SignIn,
            secs: 65,
        }),
        Event::Problem(Problem::Token(refused)),
        Event::Interrupted(Problem::Token(refused)),
        Event::Resolved(Problem::Token(refused)),
        Event::Problem(Problem::Closed(CloseCause::Unlisted(4_999))),
        Event::Sound(Sound::Held(Hold::Muted)),
        Event::Sound(Sound::Missing { secs: 12 }),
        Event::State(State::Paused),
        Event::State(State::Idle),
        Event::RetryWait(59),
        Event::IdleCountdown(Some(60)),
        Event::IdleCountdown(None),
        Event::Billed(3_600),
        Event::Problem(Problem::IdleStopped { limit_secs: 300 }),
        Event::Level(LevelReading {
            percent: 50,
            captured_ms: 1_000,
        }),
    ];
    events.extend(changes().into_iter().map(Event::Changed));
    let mut messages = vec![
        ToPage::Ready,
        ToPage::OpenMicrophone(Device::Chosen),
        ToPage::OpenMicrophone(Device::Lost),
        ToPage::CloseMicrophone,
    ];
    messages.extend(events.into_iter().map(ToPage::Event));
    for message in messages {
        let bytes = encode(&message).expect("the message is encoded");
        assert_eq!(decode::<ToPage>(&bytes), Some(message));
    }
}

#[test]
fn messages_to_the_recorder_survive_encoding_and_decoding() {
    for message in [
        ToRecorder::Configure(Configure {
            chunk_ms: 100,
            idle_secs: 300,
            sessions: 3,
            stores_transcripts: true,
        }),
        ToRecorder::Pressed(Action::Record),
        ToRecorder::Pressed(Action::Stop),
        ToRecorder::Pressed(Action::Pause),
        ToRecorder::Pressed(Action::Resume),
        ToRecorder::MicrophoneOpened { rate_hz: 44_100 },
        ToRecorder::MicrophoneFailed(MicrophoneFailure::InsecurePage),
        ToRecorder::MicrophoneLost,
        ToRecorder::MicrophoneHeld(Some(Hold::Suspended)),
        ToRecorder::MicrophoneHeld(None),
        ToRecorder::DevicesChanged,
        ToRecorder::Network { is_up: false },
        ToRecorder::Shown,
        ToRecorder::KeepRecording,
        ToRecorder::Leaving,
    ] {
        let bytes = encode(&message).expect("the message is encoded");
        assert_eq!(decode::<ToRecorder>(&bytes), Some(message));
    }
}

#[test]
fn leaving_is_encoded_as_the_byte_that_a_crashed_page_sends() {
    let bytes = encode(&ToRecorder::Leaving).expect("the message is encoded");
    assert_eq!(
        bytes,
        [0],
        "crash.js sends `Leaving` as a literal byte: change it there too"
    );
}

#[test]
fn decoding_a_message_of_another_version_returns_none() {
    assert!(decode::<ToPage>(&[9]).is_none());
    assert!(decode::<ToRecorder>(&[]).is_none());
}

/// The script in `public/index.html` keeps the messages whose second byte is at most 2, and
/// enables the Export menu at a 2.
#[test]
fn messages_that_change_the_document_are_those_that_the_start_script_keeps() {
    let level = LevelReading {
        percent: 50,
        captured_ms: 1_000,
    };
    let second_byte = |message: &ToPage| {
        let bytes = encode(message).expect("the message is encoded");
        bytes.get(1).copied()
    };
    let of_event = |event| second_byte(&ToPage::Event(event));
    assert_eq!(second_byte(&ToPage::Ready), None);
    assert_eq!(of_event(Event::Began(INFO)), Some(0));
    assert_eq!(of_event(Event::State(State::Idle)), Some(1));
    for change in changes() {
        assert_eq!(of_event(Event::Changed(change)), Some(2));
    }
    // These come several times a second, or each second.
    for event in [Event::Level(level), Event::Billed(7)] {
        assert!(of_event(event).is_some_and(|it| it > 2));
    }
    // The only other messages with a second byte are kept, and are no reason to enable the menu.
    for device in [Device::Chosen, Device::Lost] {
        assert!(second_byte(&ToPage::OpenMicrophone(device)).is_some_and(|it| it < 2));
    }
}
