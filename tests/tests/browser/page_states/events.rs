//! What is on the page in its states, as events of the recorder.

use std::time::SystemTime;

use inturn_client_core::{
    recording::{RecordingId, RecordingInfo},
    session::{Event, LevelReading, Progress, State},
};
use inturn_stored::{Record, StoredRecording, file_name};
use inturn_transcript::{Change, Gap, GapReason, SessionEnd, Turn, TurnId, TurnState, Word, Words};

pub(super) fn state(state: State) -> Event {
    Event::State(state)
}

pub(super) fn started(now: State) -> Vec<Event> {
    let info = RecordingInfo {
        id: RecordingId(1),
        ..RecordingInfo::default()
    };
    vec![
        state(State::AwaitingMicrophone),
        Event::Began(info),
        state(now),
        reading(2, 0),
    ]
}

pub(super) fn over() -> Vec<Event> {
    vec![state(State::Idle)]
}

/// The beginning of a meeting, in several languages.
pub(super) fn meeting() -> Vec<Event> {
    vec![
        ended(
            0,
            1,
            None,
            "Good morning, and welcome to the meeting of the harbour board.",
        ),
        ended(1, 6, None, LONG_TURN),
        ended(
            2,
            19,
            Some("ja"),
            "おはようございます。まず、船の時刻表についてお話ししたいと思います。\
             来年の春から、一日に三便になります。",
        ),
        ended(
            3,
            31,
            Some("ar"),
            "شكرا جزيلا. هل يمكننا تغيير موعد الرحلة الأخيرة؟",
        ),
    ]
}

pub(super) fn live() -> Vec<Event> {
    vec![
        open(
            4,
            38,
            "We asked the company in June,",
            "and they promised to",
        ),
        reading(43, 62),
        Event::Billed(42),
    ]
}

pub(super) fn two_recordings() -> Vec<Event> {
    let mut events = [started(LIVE), meeting(), over()].concat();
    let second = RecordingInfo {
        id: RecordingId(2),
        ..RecordingInfo::default()
    };
    events.extend([
        state(State::AwaitingMicrophone),
        Event::Began(second),
        state(LIVE),
        ended(
            0,
            1,
            None,
            "Thank you all for coming back so soon after the break.",
        ),
        open(1, 7, "Where", "did we stop"),
        reading(9, 55),
    ]);
    events
}

pub(super) fn gaps() -> Vec<Event> {
    let gap = |from_secs: u32, to_secs: u32, reason| {
        Event::Changed(Change::Gap(Gap {
            from_ms: from_secs * 1_000,
            to_ms: to_secs * 1_000,
            reason,
        }))
    };
    let mut events = [started(LIVE), meeting()].concat();
    events.extend([
        open(4, 38, "We asked the company in June,", "and they"),
        Event::Changed(Change::SessionEnded {
            session: 1,
            end: SessionEnd::BrokenOff,
        }),
        gap(44, 2_054, GapReason::Disconnected),
        gap(2_060, 2_075, GapReason::NoAudio),
        gap(2_080, 2_300, GapReason::Paused),
        reading(4_210, 40),
    ]);
    events
}

pub(super) fn reading(secs: u32, percent: u32) -> Event {
    Event::Level(LevelReading {
        percent,
        captured_ms: secs * 1_000,
    })
}

pub(super) fn ended(turn: u32, start_secs: u32, language: Option<&str>, text: &str) -> Event {
    Event::Changed(Change::Turn(Turn {
        state: TurnState::Formatted,
        language: language.map(str::to_owned),
        ..spoken(turn, start_secs, text, "")
    }))
}

pub(super) fn open(turn: u32, start_secs: u32, firm: &str, tentative: &str) -> Event {
    Event::Changed(Change::Turn(spoken(turn, start_secs, firm, tentative)))
}

pub(super) fn spoken(turn: u32, start_secs: u32, firm: &str, tentative: &str) -> Turn {
    let mut words = Words::default();
    let start_ms = start_secs * 1_000;
    for text in firm.split_whitespace().chain(tentative.split_whitespace()) {
        words.push(Word {
            text,
            start_ms,
            end_ms: start_ms,
            ..Word::default()
        });
    }
    Turn {
        start_ms,
        words,
        firm_words: u32::try_from(firm.split_whitespace().count()).expect("a few words"),
        ..Turn::new(TurnId { session: 1, turn })
    }
}

/// Three past recordings; the two later ones were interrupted.
pub(crate) fn past() -> Vec<(String, StoredRecording)> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("the clock is right").as_millis();
    let recording = |id, hours_ago: u64, end: Option<Record>| {
        let info = RecordingInfo {
            id: RecordingId(id),
            started_unix_ms: u64::try_from(now).expect("it fits") - hours_ago * 3_600_000,
            utc_offset_min: 60,
        };
        let mut records = vec![Record::Began(info)];
        records.extend(meeting().into_iter().filter_map(|event| match event {
            Event::Changed(change) => Some(Record::Changed(change)),
            _ => None,
        }));
        records.extend(end);
        let stored = StoredRecording {
            records,
            damaged_bytes: 0,
        };
        (file_name(info), stored)
    };
    let mut first = recording(1, 50, Some(Record::Ended(None)));
    let title = "Harbour board: the timetable of the ferry from next spring on";
    first.1.records.push(Record::Titled(title.to_owned()));
    vec![first, recording(2, 1, None), recording(3, 26, None)]
}

/// The place of the Japanese turn in [`meeting`].
pub(super) const JAPANESE_TURN: usize = 2;

pub(super) const LIVE: State = State::Listening(Progress::Live);

pub(super) const LONG_TURN: &str = concat!(
    "Shall we begin with the ferry's timetable? It has changed again since the spring, and the ",
    "last boat now leaves half an hour before the last train arrives.",
);
