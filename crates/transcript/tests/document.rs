//! A document: several recordings, their ends, and its log.

use inturn_transcript::{
    Change, Document, DocumentChange, RecordingId, RecordingInfo, Session, SessionEnd, Turn,
    TurnId, TurnState, Word, Words,
};

fn info(id: u128, started_unix_ms: u64) -> RecordingInfo {
    RecordingInfo {
        id: RecordingId(id),
        started_unix_ms,
        utc_offset_min: 60,
    }
}

fn spoken(id: u128, session: u32) -> [DocumentChange; 2] {
    let mut words = Words::default();
    words.push(Word {
        text: "ferry",
        start_ms: 1_000,
        end_ms: 1_500,
        ..Word::default()
    });
    let session_began = Change::SessionBegan(Session {
        number: session,
        start_ms: 0,
        end_ms: None,
    });
    let turn = Change::Turn(Turn {
        start_ms: 1_000,
        words,
        ..Turn::new(TurnId { session, turn: 0 })
    });
    [session_began, turn].map(|change| DocumentChange::Transcript {
        recording: RecordingId(id),
        change,
    })
}

fn log() -> Vec<DocumentChange> {
    let mut log = vec![DocumentChange::RecordingBegan(info(1, 2_000_000))];
    log.extend(spoken(1, 1));
    log.push(DocumentChange::RecordingEnded {
        recording: RecordingId(1),
        length_ms: 9_000,
    });
    log.push(DocumentChange::RecordingBegan(info(2, 1_000_000)));
    log.extend(spoken(2, 2));
    log.push(DocumentChange::Titled(" Harbour ".to_owned()));
    log
}

fn replay(log: &[DocumentChange]) -> Document {
    let mut document = Document::default();
    for change in log {
        document.apply(change);
    }
    document
}

#[test]
fn recordings_are_in_the_order_of_their_start() {
    let document = replay(&log());
    let ids: Vec<u128> = document.parts().iter().map(|it| it.info.id.0).collect();
    assert_eq!(ids, [2, 1]);
    assert_eq!(document.title(), "Harbour");
    assert_eq!(document.last_session(), 2);
    assert!(!document.is_empty());
}

#[test]
fn applying_a_log_twice_or_a_prefix_before_it_gives_the_same_document() {
    let once = replay(&log());
    for prefix in 0..=log().len() {
        let mut document = replay(&log()[..prefix]);
        for change in log() {
            document.apply(&change);
        }
        assert_eq!(document, once, "after {prefix} changes");
    }
}

#[test]
fn a_recording_without_an_end_was_interrupted() {
    let mut document = replay(&log());
    assert!(!document.is_complete());
    for change in document.interrupted() {
        document.apply(&change);
    }
    assert!(document.is_complete());
    let part = document.part(RecordingId(2)).expect("it began");
    assert_eq!(part.length_ms, Some(1_500));
    let turn = part.transcript.turns().next().expect("it has a turn");
    assert_eq!(turn.state, TurnState::Unfinished);
    assert_eq!(document.interrupted(), []);
}

#[test]
fn a_recording_can_go_on_after_its_end() {
    let mut document = replay(&log());
    document.apply(&DocumentChange::RecordingBegan(info(1, 7)));
    let part = document.part(RecordingId(1)).expect("it began");
    assert_eq!((part.length_ms, part.length_ms()), (None, 1_500));
    assert_eq!(
        part.info.started_unix_ms, 2_000_000,
        "the first start counts"
    );
    assert_eq!(document.parts().len(), 2);
}

#[test]
fn changes_of_an_unknown_recording_are_ignored() {
    let mut document = replay(&log());
    let before = document.clone();
    for change in spoken(9, 3) {
        assert!(document.apply(&change).is_empty());
    }
    let change = Change::SessionEnded {
        session: 1,
        end: SessionEnd::Clean,
    };
    let recording = RecordingId(9);
    document.apply(&DocumentChange::Transcript { recording, change });
    assert_eq!(document, before);
}
