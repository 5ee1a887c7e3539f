//! Documents that tests know by heart.

use inturn_transcript::{
    Change, Document, DocumentChange, Gap, GapReason, RecordingId, RecordingInfo, Session,
    SessionEnd, SpeakerName, Turn, TurnId, TurnState, Word, Words,
};

pub(crate) const MORNING: RecordingId = RecordingId(0x0123_4567_89ab_cdef);
pub(crate) const AFTERNOON: RecordingId = RecordingId(2);

/// A document with one turn of these words, each with its start and end.
pub(crate) fn of_words(words: &[(&str, u32, u32)]) -> Document {
    let mut packed = Words::default();
    for (text, start_ms, end_ms) in words {
        packed.push(Word {
            text,
            start_ms: *start_ms,
            end_ms: *end_ms,
            ..Word::default()
        });
    }
    let mut document = Document::default();
    let info = RecordingInfo::default();
    document.apply(&DocumentChange::RecordingBegan(info));
    let turn = Turn {
        state: TurnState::Formatted,
        start_ms: packed.start_ms().unwrap_or(0),
        words: packed,
        ..Turn::new(id(0))
    };
    document.apply(&DocumentChange::Transcript {
        recording: info.id,
        change: Change::Turn(turn),
    });
    document
}

/// Two recordings: speakers, a correction, a gap, markup, Japanese, and a turn that was cut off.
pub(crate) fn document() -> Document {
    let mut document = Document::default();
    for change in log() {
        document.apply(&change);
    }
    let morning = document.part(MORNING).expect("the log began it");
    let corrected = morning.transcript.correction(id(1), 2..3, "Bergen");
    document.apply(&DocumentChange::Transcript {
        recording: MORNING,
        change: corrected.expect("the turn has three words"),
    });
    document
}

fn log() -> Vec<DocumentChange> {
    let in_morning = |change| DocumentChange::Transcript {
        recording: MORNING,
        change,
    };
    let in_afternoon = |change| DocumentChange::Transcript {
        recording: AFTERNOON,
        change,
    };
    vec![
        DocumentChange::Titled("Harbour *meeting*".to_owned()),
        DocumentChange::RecordingBegan(info(MORNING, 1_795_561_500_000)),
        in_morning(began(1)),
        in_morning(turn(
            0,
            1_000,
            "Good morning, everyone. Are we complete?",
            "A",
        )),
        in_morning(turn(
            1,
            6_000,
            "Ferries to Bargain <b>leave</b> at 9 & 10.",
            "B",
        )),
        in_morning(Change::Gap(Gap {
            from_ms: 41_000,
            to_ms: 65_000,
            reason: GapReason::Paused,
        })),
        in_morning(turn(2, 66_000, "Yes.", "PENDING")),
        in_morning(Change::SpeakerNamed(SpeakerName {
            session: None,
            label: "A".to_owned(),
            name: "Mia".to_owned(),
        })),
        in_morning(ended(1, SessionEnd::Clean)),
        DocumentChange::RecordingEnded {
            recording: MORNING,
            length_ms: 70_500,
        },
        DocumentChange::RecordingBegan(info(AFTERNOON, 1_795_575_900_000)),
        in_afternoon(began(2)),
        in_afternoon(japanese()),
        in_afternoon(Change::Turn(Turn {
            state: TurnState::Open,
            ..spoken(
                TurnId {
                    session: 2,
                    turn: 1,
                },
                9_000,
                "and then the",
                None,
            )
        })),
        in_afternoon(ended(2, SessionEnd::BrokenOff)),
    ]
}

fn info(id: RecordingId, started_unix_ms: u64) -> RecordingInfo {
    RecordingInfo {
        id,
        started_unix_ms,
        utc_offset_min: 60,
    }
}

pub(crate) fn id(turn: u32) -> TurnId {
    TurnId { session: 1, turn }
}

fn began(number: u32) -> Change {
    Change::SessionBegan(Session {
        number,
        start_ms: 0,
        end_ms: None,
    })
}

fn ended(session: u32, end: SessionEnd) -> Change {
    Change::SessionEnded { session, end }
}

fn turn(number: u32, start_ms: u32, text: &str, speaker: &str) -> Change {
    Change::Turn(spoken(id(number), start_ms, text, Some(speaker)))
}

/// A turn whose words follow each other, 400 ms each.
fn spoken(id: TurnId, start_ms: u32, text: &str, speaker: Option<&str>) -> Turn {
    let mut words = Words::default();
    for (text, at) in text.split(' ').zip(0_u32..) {
        words.push(Word {
            text,
            start_ms: start_ms + at * 400,
            end_ms: start_ms + at * 400 + 350,
            confidence: 0.9,
            is_final: true,
            speaker: None,
        });
    }
    Turn {
        state: TurnState::Formatted,
        start_ms,
        words,
        speaker: speaker.map(str::to_owned),
        language: Some("en_us".to_owned()),
        ..Turn::new(id)
    }
}

fn japanese() -> Change {
    let turn = spoken(
        TurnId {
            session: 2,
            turn: 0,
        },
        500,
        "今日は 天気が いい。",
        None,
    );
    Change::Turn(Turn {
        text: Some("今日は天気がいい。".to_owned()),
        language: Some("ja".to_owned()),
        ..turn
    })
}
