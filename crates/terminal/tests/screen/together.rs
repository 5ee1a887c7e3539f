//! Two recordings at the same time.

use inturn_client_core::{
    problem::Problem,
    session::{Event, LevelReading, Outage, Progress, Sound, State},
};
use inturn_protocol::SessionCost;
use inturn_transcript::{Change, Gap, GapReason, Turn, TurnId, TurnState, Word, Words};

use super::{
    pair::{MEETING, Pair, YOU},
    terminal::turn,
};

const LIVE: Event = Event::State(State::Listening(Progress::Live));

/// Returns a turn in the first session of a recording.
fn said(id: u32, state: TurnState, text: &str) -> Change {
    turn(1, id, state, text)
}

#[test]
fn both_are_labelled_and_in_the_order_of_the_clock() {
    let mut pair = Pair::new(40, 8);
    pair.change(YOU, said(4, TurnState::Formatted, "Good morning."));
    pair.change(MEETING, said(4, TurnState::Open, "Hello, | everyone"));
    pair.change(YOU, said(7, TurnState::Open, "and"));
    let expected = [
        "0:04 You: Good morning.",
        "0:06 Meeting: Hello, everyone…",
        "0:07 You: and…",
        "Live",
    ];
    assert_eq!(pair.rows(), expected);
    assert_eq!(pair.terminal.cursor(), (1, 0), "the first is printed");
    // It waits for the open turn that began before it in the meeting.
    pair.change(YOU, said(7, TurnState::Formatted, "And you?"));
    assert_eq!(pair.terminal.cursor(), (1, 0));
    assert_eq!(pair.lines, "You: Good morning.\n");
    pair.change(MEETING, said(4, TurnState::Formatted, "Hello, everyone."));
    let expected = [
        "0:04 You: Good morning.",
        "0:06 Meeting: Hello, everyone.",
        "0:07 You: And you?",
        "Live",
    ];
    assert_eq!(pair.rows(), expected);
    assert_eq!(pair.terminal.cursor(), (3, 0));
    let lines = "You: Good morning.\nMeeting: Hello, everyone.\nYou: And you?\n";
    assert_eq!(pair.lines, lines);
}

#[test]
fn what_the_other_one_reports_late_is_marked() {
    let mut pair = Pair::new(40, 8);
    pair.change(YOU, said(7, TurnState::Formatted, "Yes."));
    pair.change(MEETING, said(4, TurnState::Open, "Right?"));
    pair.change(YOU, said(9, TurnState::Formatted, "Well."));
    pair.change(MEETING, said(4, TurnState::Formatted, "Right?"));
    let expected = [
        "0:07 You: Yes.",
        "0:06 (earlier) Meeting: Right?",
        "0:09 You: Well.",
        "Live",
    ];
    assert_eq!(pair.rows(), expected);
    pair.change(YOU, said(7, TurnState::Formatted, "No."));
    assert_eq!(pair.rows()[3], "0:07 (corrected) You: No.");
}

#[test]
fn one_waits_while_the_words_of_the_other_are_behind() {
    let mut pair = Pair::new(60, 8);
    let lost = State::Reconnecting {
        outage: Outage::Offline,
        secs: 12,
    };
    pair.event(MEETING, &Event::State(lost));
    pair.change(YOU, said(9, TurnState::Formatted, "Hello?"));
    let status = "Meeting: Offline 0:12, keeping the words";
    assert_eq!(pair.rows(), ["0:09 You: Hello?", status]);
    assert_eq!((pair.terminal.cursor(), pair.lines.as_str()), ((0, 0), ""));
    for state in [
        State::Connecting,
        State::Listening(Progress::Behind { secs: 9 }),
    ] {
        pair.event(MEETING, &Event::State(state));
        assert_eq!(pair.lines, "");
    }
    pair.change(MEETING, said(3, TurnState::Formatted, "Good morning."));
    pair.event(MEETING, &LIVE);
    let expected = ["0:05 Meeting: Good morning.", "0:09 You: Hello?", "Live"];
    assert_eq!(pair.rows(), expected);
    assert_eq!(pair.lines, "Meeting: Good morning.\nYou: Hello?\n");
}

#[test]
fn a_recording_that_is_over_or_has_no_microphone_is_not_awaited() {
    let mut pair = Pair::new(60, 8);
    let gap = |to_ms| {
        Change::Gap(Gap {
            from_ms: 3_000,
            to_ms,
            reason: GapReason::NoAudio,
        })
    };
    pair.change(YOU, gap(5_000));
    pair.change(MEETING, said(4, TurnState::Formatted, "Hello?"));
    assert_eq!(pair.lines, "Meeting: Hello?\n", "the gap grows");
    pair.change(YOU, gap(8_000));
    pair.event(YOU, &Event::State(State::Idle));
    pair.change(MEETING, said(9, TurnState::Formatted, "Are you there?"));
    let expected = [
        "0:06 Meeting: Hello?",
        "0:03 (earlier) You: [until 0:08 not transcribed: no sound]",
        "0:11 Meeting: Are you there?",
        "Meeting: Live",
    ];
    assert_eq!(pair.rows(), expected);
}

#[test]
fn speakers_of_the_meeting_are_named_within_it() {
    let mut pair = Pair::new(60, 8);
    let mut words = Words::default();
    for (text, speaker) in [("Hello.", "A"), ("Hi.", "B")] {
        words.push(Word {
            text,
            speaker: Some(speaker),
            start_ms: 1_000,
            end_ms: 1_500,
            ..Word::default()
        });
    }
    let id = TurnId {
        session: 1,
        turn: 0,
    };
    pair.change(
        MEETING,
        Change::Turn(Turn {
            state: TurnState::Formatted,
            start_ms: 1_000,
            words,
            ..Turn::new(id)
        }),
    );
    let expected = [
        "0:03 Meeting, Speaker A: Hello.",
        "0:03 Meeting, Speaker B: Hi.",
        "Live",
    ];
    assert_eq!(pair.rows(), expected);
    let line = "Meeting, Speaker A: Hello. Meeting, Speaker B: Hi.\n";
    assert_eq!(pair.lines, line);
}

#[test]
fn the_status_names_the_worse_one_and_adds_up_what_is_billed() {
    let mut pair = Pair::new(100, 8);
    for (at, percent, captured_ms, secs) in [(YOU, 42, 64_000, 66), (MEETING, 10, 63_000, 64)] {
        pair.status(at, |it| {
            it.price = Some(SessionCost {
                per_hour_micros: 450_000,
                currency: "$".to_owned(),
            });
        });
        pair.event(
            at,
            &Event::Level(LevelReading {
                percent,
                captured_ms,
            }),
        );
        pair.event(at, &Event::Billed(secs));
    }
    let rest = "You [|||||.....] · Meeting [|.........] · 1:05 · 2:10 connected · about $0.02";
    assert_eq!(pair.rows(), [format!("Live · {rest}")]);
    pair.event(YOU, &Event::Sound(Sound::Silent));
    let line = format!("You: No sound: is the microphone muted? · {rest}");
    let fits = |rows: Vec<String>, line: &str| {
        rows.last()
            .is_some_and(|it| line.starts_with(it.as_str()) && it.len() > 60)
    };
    assert!(fits(pair.rows(), &line), "{:?}", pair.rows());
    let lost = State::Reconnecting {
        outage: Outage::Service,
        secs: 3,
    };
    pair.event(MEETING, &Event::State(lost));
    pair.event(MEETING, &Event::Interrupted(Problem::NoBegin));
    let rows = pair.rows();
    assert!(rows[0].starts_with("Meeting: "), "{rows:?}");
    let line = "Meeting: Reconnecting 0:03, keeping the words · You [";
    assert!(
        rows.last().is_some_and(|it| it.starts_with(line)),
        "{rows:?}"
    );
    pair.event(MEETING, &Event::State(State::Idle));
    pair.event(YOU, &Event::Sound(Sound::Arriving));
    let rows = pair.rows();
    assert!(
        rows.last()
            .is_some_and(|it| it.starts_with("You: Live · You [")),
        "{rows:?}"
    );
}
