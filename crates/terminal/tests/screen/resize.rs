//! Terminals that are resized.

use inturn_client_core::session::{Progress, State};
use inturn_terminal::{
    Track,
    screen::{Screen, Status, Style},
};
use inturn_transcript::{Change, Transcript, TurnState};

use super::terminal::{STYLE, Shown, turn};

#[test]
fn a_terminal_that_cuts_rows_off_shows_each_line_once() {
    let mut shown = Shown::new(STYLE);
    shown.turn(7, TurnState::Formatted, "one two");
    shown.turn(8, TurnState::Open, "the ferry to Bergen leaves");
    shown.resize(12, 6);
    let expected = [
        "0:07 one two",
        "0:08 the",
        "ferry to",
        "Bergen",
        "leaves…",
        "Live",
    ];
    assert_eq!(shown.rows(), expected);
    shown.resize(40, 6);
    let expected = ["0:07 one two", "0:08 the ferry to Bergen leaves…", "Live"];
    assert_eq!(shown.rows(), expected);
}

#[test]
fn a_lower_and_a_higher_terminal_show_each_line_once() {
    let mut shown = Shown::new(STYLE);
    for id in 0..5 {
        shown.turn(id, TurnState::Formatted, "one two");
    }
    shown.turn(8, TurnState::Open, "the ferry to Bergen");
    let mut expected: Vec<String> = (0..5).map(|id| format!("0:0{id} one two")).collect();
    expected.extend(["0:08 the ferry to", "Bergen…", "Live"].map(str::to_owned));
    for rows in [3, 12, 4, 6] {
        shown.resize(20, rows);
        assert_eq!(shown.rows(), expected, "{rows} rows");
    }
    // Of the redrawn part, the last rows are left.
    shown.resize(20, 2);
    expected.remove(5);
    assert_eq!(shown.rows(), expected);
}

#[test]
fn a_terminal_that_breaks_rows_anew_shows_each_line_once() {
    let mut shown = Reflowing::new(40, 8);
    shown.apply(&turn(
        1,
        1,
        TurnState::Formatted,
        "the first line of the recording is long",
    ));
    shown.apply(&turn(
        1,
        2,
        TurnState::Formatted,
        "and so is the second one",
    ));
    shown.apply(&turn(
        1,
        3,
        TurnState::Open,
        "the ferry to Bergen leaves at a quarter past nine",
    ));
    let expected = "0:01thefirstlineoftherecordingislong0:02andsoisthesecondone\
                    0:03theferrytoBergenleavesataquarterpastnine…Live";
    assert_eq!(shown.letters(), expected);
    for (columns, rows) in [(17, 8), (9, 30), (60, 5), (25, 4), (80, 24), (40, 8)] {
        shown.resize(columns, rows);
        assert_eq!(shown.letters(), expected, "{columns} columns, {rows} rows");
    }
}

#[test]
fn a_terminal_that_shows_characters_wider_than_expected_keeps_nothing_of_the_redrawn_part() {
    let mut shown = Reflowing::new(20, 8);
    // Each of these marks has a column of its own in this terminal.
    let word = "e\u{301}e\u{301}e\u{301}e\u{301}";
    let text = [word; 6].join(" ");
    shown.apply(&turn(1, 1, TurnState::Open, &text));
    shown.apply(&turn(1, 1, TurnState::Open, &[word; 9].join(" ")));
    shown.apply(&turn(1, 1, TurnState::Formatted, "done"));
    assert_eq!(shown.letters(), "0:01doneLive");
}

/// A screen on a terminal that breaks its rows anew when it is resized.
struct Reflowing {
    terminal: avt::Terminal,
    screen: Screen,
    transcript: Transcript,
}

impl Reflowing {
    fn new(columns: u16, rows: u16) -> Self {
        let style = Style {
            columns,
            rows,
            ..STYLE
        };
        let (width, height) = (columns.into(), rows.into());
        let terminal = avt::Terminal::with_scrollback(width, height, None);
        let mut shown = Self {
            terminal: terminal.expect("a size"),
            screen: Screen::new(style, 1),
            transcript: Transcript::default(),
        };
        let status = Status {
            state: State::Listening(Progress::Live),
            ..Status::default()
        };
        let tracks = [Track::alone(&shown.transcript)];
        let output = shown.screen.began(&tracks, 0, "");
        let output = output + &shown.screen.status(&tracks, 0, &status);
        shown.terminal.feed(output.as_str());
        shown
    }

    fn apply(&mut self, change: &Change) {
        let touched = self.transcript.apply(change);
        let tracks = [Track::alone(&self.transcript)];
        let output = self.screen.changed(&tracks, 0, &touched);
        self.terminal.feed(output.as_str());
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.resize(columns.into(), rows.into());
        let tracks = [Track::alone(&self.transcript)];
        let output = self.screen.resized(&tracks, columns, rows);
        self.terminal.feed(output.as_str());
    }

    /// Returns all that is in the scroll-back and on the screen, without spaces.
    fn letters(&self) -> String {
        let lines = self.terminal.screen().all_lines();
        let letters = lines.flat_map(|it| it.text().chars().collect::<Vec<_>>());
        letters.filter(|it| !it.is_whitespace()).collect()
    }
}
