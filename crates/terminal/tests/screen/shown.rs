//! What a terminal shows, character by character.

use inturn_transcript::TurnState;

use super::terminal::{STYLE, Shown};

#[test]
fn finals_are_above_the_open_turn_and_the_status() {
    let mut shown = Shown::new(STYLE);
    assert_eq!(shown.rows(), ["Live"]);
    shown.turn(7, TurnState::Open, "the ferry | to Bergen");
    assert_eq!(shown.rows(), ["0:07 the ferry to", "Bergen…", "Live"]);
    shown.turn(7, TurnState::Formatted, "The ferry to Bergen leaves.");
    assert_eq!(
        shown.rows(),
        ["0:07 The ferry to", "Bergen leaves.", "Live"]
    );
    shown.turn(9, TurnState::Open, "at nine");
    let expected = [
        "0:07 The ferry to",
        "Bergen leaves.",
        "0:09 at nine…",
        "Live",
    ];
    assert_eq!(shown.rows(), expected);
}
