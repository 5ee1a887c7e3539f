//! Turns that don't come one after another.

use inturn_client_core::session::{Outage, Progress, State};
use inturn_terminal::screen::Style;
use inturn_transcript::{Change, Session, SessionEnd, TurnState};

use super::terminal::{STYLE, Shown, turn};

const RECONNECTING: State = State::Reconnecting {
    outage: Outage::Service,
    secs: 4,
};
const FILLING: State = State::Listening(Progress::Filling { secs: 3 });
const LIVE: State = State::Listening(Progress::Live);

fn began(number: u32, start_secs: u32, end_secs: Option<u32>) -> Change {
    Change::SessionBegan(Session {
        number,
        start_ms: start_secs * 1_000,
        end_ms: end_secs.map(|it| it * 1_000),
    })
}

fn broken_off(session: u32) -> Change {
    let end = SessionEnd::BrokenOff;
    Change::SessionEnded { session, end }
}

fn rows_without_state(shown: &mut Shown) -> Vec<String> {
    let mut rows = shown.rows();
    rows.pop();
    rows
}

#[test]
fn a_final_waits_for_an_open_turn_before_it() {
    let mut shown = Shown::new(STYLE);
    shown.apply(began(1, 0, None));
    shown.turn(7, TurnState::Open, "one");
    shown.apply(began(2, 8, None));
    shown.apply(turn(2, 9, TurnState::Formatted, "three"));
    assert_eq!(shown.rows(), ["0:07 one…", "0:09 three", "Live"]);
    shown.turn(7, TurnState::Formatted, "one two");
    assert_eq!(shown.rows(), ["0:07 one two", "0:09 three", "Live"]);
    assert_eq!(shown.cursor(), (2, 0), "both are printed");
}

#[test]
fn a_raw_end_waits_for_its_formatted_version() {
    let mut shown = Shown::new(Style {
        formatted_follows: true,
        ..STYLE
    });
    shown.apply(began(1, 0, None));
    shown.turn(7, TurnState::Raw, "hello");
    assert_eq!(
        (shown.rows(), shown.cursor()),
        (strings(["0:07 hello", "Live"]), (0, 0))
    );
    shown.turn(7, TurnState::Formatted, "Hello!");
    assert_eq!(
        (shown.rows(), shown.cursor()),
        (strings(["0:07 Hello!", "Live"]), (1, 0))
    );
    // The formatted version never comes, and then the recording ends.
    shown.turn(8, TurnState::Raw, "one");
    shown.turn(9, TurnState::Raw, "two");
    assert_eq!(shown.cursor(), (2, 0));
    shown.state(State::Idle);
    assert_eq!(shown.cursor(), (3, 0));
}

#[test]
fn what_a_lost_session_has_heard_in_part_is_not_printed_twice() {
    let mut shown = Shown::new(STYLE);
    shown.apply(began(1, 0, None));
    shown.turn(7, TurnState::Open, "two tickets");
    shown.apply(broken_off(1));
    shown.state(RECONNECTING);
    shown.apply(began(2, 6, None));
    shown.state(LIVE);
    assert_eq!(
        rows_without_state(&mut shown),
        ["0:07 two tickets", "[cut off here]"]
    );
    shown.apply(turn(2, 7, TurnState::Formatted, "Two tickets."));
    assert_eq!(shown.rows(), ["0:07 Two tickets.", "Live"]);
}

#[test]
fn a_part_that_was_missed_comes_to_its_place() {
    let mut shown = Shown::new(STYLE);
    shown.apply(began(1, 0, None));
    shown.turn(1, TurnState::Formatted, "one");
    shown.apply(broken_off(1));
    shown.state(RECONNECTING);
    shown.apply(began(2, 5, None));
    shown.state(FILLING);
    shown.apply(turn(2, 6, TurnState::Formatted, "six"));
    shown.apply(began(3, 2, Some(5)));
    shown.apply(turn(3, 3, TurnState::Open, "three"));
    let rows = rows_without_state(&mut shown);
    assert_eq!(rows, ["0:01 one", "0:03 three…", "0:06 six"]);
    shown.apply(turn(3, 3, TurnState::Formatted, "three"));
    shown.state(LIVE);
    let expected = ["0:01 one", "0:03 three", "0:06 six", "Live"];
    assert_eq!(shown.rows(), expected);
    assert_eq!(shown.cursor(), (3, 0));
}

#[test]
fn a_full_screen_does_not_wait_and_what_comes_late_is_marked() {
    let mut shown = Shown::new(STYLE);
    shown.apply(began(1, 0, None));
    shown.state(RECONNECTING);
    shown.apply(began(2, 5, None));
    shown.state(FILLING);
    for id in 6..12 {
        shown.apply(turn(2, id, TurnState::Formatted, "word"));
    }
    // Five fit above the status.
    assert_eq!(shown.cursor(), (0, 0));
    assert_eq!(shown.rows().len(), 7);
    shown.apply(began(3, 2, Some(5)));
    shown.apply(turn(3, 3, TurnState::Open, "th"));
    shown.apply(turn(3, 3, TurnState::Formatted, "three"));
    shown.state(LIVE);
    let expected = [
        "0:06 word",
        "0:07 word",
        "0:03 (earlier) three",
        "0:08 word",
        "0:09 word",
        "0:10 word",
        "0:11 word",
        "Live",
    ];
    assert_eq!(shown.rows(), expected);
}

#[test]
fn a_printed_turn_that_is_removed_is_marked() {
    let mut shown = Shown::new(STYLE);
    shown.apply(began(1, 0, None));
    shown.turn(7, TurnState::Formatted, "hello");
    shown.apply(began(2, 6, None));
    shown.apply(turn(2, 7, TurnState::Open, "hell"));
    let rows = rows_without_state(&mut shown);
    assert_eq!(rows, ["0:07 hello", "0:07 (removed) hello", "0:07 hell…"]);
}

fn strings<const N: usize>(rows: [&str; N]) -> Vec<String> {
    rows.map(str::to_owned).to_vec()
}
