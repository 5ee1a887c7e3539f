//! The status line and the problem above it.

use inturn_client_core::{
    problem::{Problem, TokenFailure},
    session::{Event, LevelReading, Outage, Progress, Sound, State},
};
use inturn_protocol::{ErrorCode, SessionCost};
use inturn_terminal::screen::{Status, Style};

use super::terminal::{STYLE, Shown};

const LIVE: Event = Event::State(State::Listening(Progress::Live));

/// Returns the rows of a screen with `columns` after some events.
fn rows(columns: u16, status: Status, events: &[Event]) -> Vec<String> {
    let mut status = status;
    let mut shown = Shown::new(Style { columns, ..STYLE });
    for event in events {
        status.note(event);
        shown.status(&status);
    }
    shown.rows()
}

#[test]
fn it_shows_state_level_time_and_cost() {
    let status = Status {
        price: Some(SessionCost {
            per_hour_micros: 450_000,
            currency: "$".to_owned(),
        }),
        ..Status::default()
    };
    let level = LevelReading {
        percent: 42,
        captured_ms: 65_000,
    };
    let events = [LIVE, Event::Level(level), Event::Billed(66)];
    let line = "Live · [|||||.....] · 1:05 · 1:06 connected · under $0.01";
    assert_eq!(rows(80, status.clone(), &events), [line]);
    // What does not fit is left out from the end.
    let short = rows(36, status, &events);
    assert_eq!(short, ["Live · [|||||.....] · 1:05"]);
}

#[test]
fn a_microphone_without_sound_takes_precedence() {
    let missing = Event::Sound(Sound::Missing { secs: 4 });
    let expected = "No microphone 0:04, looking for one";
    assert_eq!(rows(80, Status::default(), &[LIVE, missing]), [expected]);
}

#[test]
fn the_end_of_a_recording_without_words_is_counted_down() {
    let events = [LIVE, Event::IdleCountdown(Some(59))];
    let expected = "Live · no words, stopping in 0:59";
    assert_eq!(rows(80, Status::default(), &events), [expected]);
    let events = [
        LIVE,
        Event::IdleCountdown(Some(59)),
        Event::IdleCountdown(None),
    ];
    assert_eq!(rows(80, Status::default(), &events), ["Live"]);
}

#[test]
fn a_problem_is_shown_until_it_is_over() {
    let problem = |retry_after_secs| {
        Problem::Token(TokenFailure::Refused {
            code: ErrorCode::RateLimited,
            retry_after_secs,
        })
    };
    let lost = Event::State(State::Reconnecting {
        outage: Outage::Service,
        secs: 2,
    });
    let mut events = vec![
        lost,
        Event::Interrupted(problem(Some(12))),
        Event::RetryWait(11),
    ];
    let expected = [
        "Too many recordings were started. Your audio is kept, and the next attempt follows in",
        "0:11.",
        "Reconnecting 0:02, keeping your words",
    ];
    assert_eq!(rows(90, Status::default(), &events), expected);
    events.extend([Event::Resolved(problem(Some(3))), LIVE]);
    assert_eq!(rows(90, Status::default(), &events), ["Live"]);
}
