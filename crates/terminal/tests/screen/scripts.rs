//! Random recordings: the scroll-back and the screen together are all finals, in order and once,
//! then what is open, and then the status.

use inturn_client_core::session::{LevelReading, Progress, State};
use inturn_terminal::screen::{Status, Style};
use inturn_transcript::TurnState;
use proptest::prelude::*;
use unicode_width::UnicodeWidthChar;

use super::terminal::{STYLE, Shown};

#[derive(Clone, Debug)]
enum Step {
    /// The open turn has these words.
    Partial(Vec<&'static str>),
    /// The open turn ends with these words.
    Final(Vec<&'static str>),
    Level(u32),
    /// The terminal has as many rows.
    Rows(u16),
}

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    let word = prop::sample::select(vec![
        "a",
        "ferry",
        "Bergen.",
        "天気",
        "今日はとても良い",
        "e\u{301}te\u{301}",
        "👩‍👩‍👧",
        "مرحبا",
        "\x1b[31mred",
        "Donaudampfschifffahrt",
    ]);
    prop::collection::vec(word, 1..12)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => words().prop_map(Step::Partial),
        3 => words().prop_map(Step::Final),
        1 => (0_u32..100).prop_map(Step::Level),
        1 => (2_u16..12).prop_map(Step::Rows),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn all_finals_once_then_the_open_turn_then_the_status(
        columns in 12_u16..60,
        rows in 2_u16..12,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut shown = Shown::new(Style { columns, rows, has_colour: true, ..STYLE });
        let mut height = rows;
        let mut finals = Vec::new();
        let mut open = Vec::new();
        let mut id = 0;
        let mut status = Status {
            state: State::Listening(Progress::Live),
            ..Status::default()
        };
        for step in steps {
            match step {
                Step::Partial(words) => {
                    shown.turn(id, TurnState::Open, &words.join(" "));
                    open = model(id, &words, "…", columns);
                }
                Step::Final(words) => {
                    shown.turn(id, TurnState::Formatted, &words.join(" "));
                    finals.extend(model(id, &words, "", columns));
                    open.clear();
                    id += 1;
                }
                Step::Level(percent) => {
                    status.level = Some(LevelReading { percent, captured_ms: 5_000 });
                    shown.status(&status);
                }
                Step::Rows(rows) => {
                    shown.resize(columns, rows);
                    height = rows;
                }
            }
            let mut expected = finals.clone();
            let room = usize::from(height) - 1;
            expected.extend_from_slice(&open[open.len().saturating_sub(room)..]);
            let mut rows = shown.rows();
            let last = rows.pop();
            prop_assert!(last.is_some_and(|it| "Live".starts_with(&it) || it.starts_with("Live")));
            prop_assert_eq!(rows, expected);
            prop_assert!(!shown.has_wrapped());
            prop_assert!(!shown.is_cursor_hidden());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn no_row_is_wider_than_a_tiny_terminal(
        columns in 1_u16..12,
        rows in 1_u16..5,
        turns in prop::collection::vec(words(), 1..20),
    ) {
        let mut shown = Shown::new(Style { columns, rows, ..STYLE });
        for (id, words) in (0..).zip(turns) {
            shown.turn(id, TurnState::Open, &words.join(" "));
            prop_assert!(!shown.has_wrapped());
            shown.turn(id, TurnState::Formatted, &words.join(" "));
            prop_assert!(!shown.has_wrapped());
        }
    }
}

/// Returns the rows of a turn, by a simple rule: one word after another, each on the row if it
/// fits, and letter by letter if it is longer than a row.
fn model(id: u32, words: &[&str], end: &str, columns: u16) -> Vec<String> {
    let columns = usize::from(columns);
    let indent = if columns >= 25 { 5 } else { 0 };
    let mut rows = vec![format!("0:{id:02}")];
    let last = words.len() - 1;
    for (at, word) in words.iter().enumerate() {
        let word = word.replace('\x1b', "") + if at == last { end } else { "" };
        let parts = if width(&word) <= columns - indent {
            vec![word]
        } else {
            letters(&word)
        };
        for (at, part) in parts.into_iter().enumerate() {
            let space = if at == 0 { " " } else { "" };
            let row = rows.last_mut().expect("the first one");
            if width(row) + space.len() + width(&part) <= columns {
                row.push_str(space);
                row.push_str(&part);
            } else {
                rows.push(" ".repeat(indent) + &part);
            }
        }
    }
    rows
}

/// Returns the letters of a word; "…" does not begin a row.
fn letters(word: &str) -> Vec<String> {
    let mut letters: Vec<String> = Vec::new();
    for letter in word.chars() {
        match letters.last_mut() {
            Some(last) if letter == '…' => last.push(letter),
            _ => letters.push(letter.to_string()),
        }
    }
    letters
}

/// Returns the width of a text in a terminal that does not join the parts of an emoji.
fn width(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}
