//! A terminal for tests.

use std::num::NonZeroU16;

use inturn_client_core::session::{Progress, State};
use inturn_terminal::{
    Track,
    screen::{Screen, Status, Style},
};
use inturn_transcript::{Change, Touched, Transcript, Turn, TurnId, TurnState, Word, Words};

pub(crate) const STYLE: Style = Style {
    columns: 20,
    rows: 6,
    has_colour: false,
    has_control: true,
    formatted_follows: false,
};

/// A terminal with a scroll-back.
pub(crate) struct Terminal(vt100::Parser);

/// A terminal, the screen on it, and the transcript that is shown.
pub(crate) struct Shown {
    terminal: Terminal,
    pub(crate) screen: Screen,
    pub(crate) transcript: Transcript,
    /// All that was written to the terminal.
    pub(crate) written: String,
}

impl Terminal {
    pub(crate) fn new(style: Style) -> Self {
        Self(vt100::Parser::new(
            size(style.rows),
            size(style.columns),
            1_000,
        ))
    }

    pub(crate) fn feed(&mut self, output: &str) {
        self.0.process(output.as_bytes());
    }

    /// Returns the row and the column of the cursor on the screen.
    pub(crate) fn cursor(&self) -> (u16, u16) {
        self.0.screen().cursor_position()
    }

    /// Returns the rows of the scroll-back and of the screen.
    pub(crate) fn rows(&mut self) -> Vec<String> {
        super::rows::rows(&mut self.0)
    }
}

impl Shown {
    pub(crate) fn new(style: Style) -> Self {
        let mut shown = Self {
            terminal: Terminal::new(style),
            screen: Screen::new(style, 1),
            transcript: Transcript::default(),
            written: String::new(),
        };
        let output = shown
            .screen
            .began(&[Track::alone(&shown.transcript)], 0, "");
        shown.feed(&output);
        shown.state(State::Listening(Progress::Live));
        shown
    }

    pub(crate) fn feed(&mut self, output: &str) {
        self.terminal.feed(output);
        self.written.push_str(output);
    }

    pub(crate) fn state(&mut self, state: State) {
        let status = Status {
            state,
            ..Status::default()
        };
        self.status(&status);
    }

    pub(crate) fn status(&mut self, status: &Status) {
        let output = self
            .screen
            .status(&[Track::alone(&self.transcript)], 0, status);
        self.feed(&output);
    }

    pub(crate) fn apply(&mut self, change: Change) -> Vec<Touched> {
        let touched = self.transcript.apply(&change);
        let output = self
            .screen
            .changed(&[Track::alone(&self.transcript)], 0, &touched);
        self.feed(&output);
        touched
    }

    pub(crate) fn turn(&mut self, id: u32, state: TurnState, text: &str) {
        self.apply(turn(1, id, state, text));
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.0.set_size(size(rows), size(columns));
        let output = self
            .screen
            .resized(&[Track::alone(&self.transcript)], columns, rows);
        self.feed(&output);
    }

    pub(crate) fn close(&mut self) {
        let output = self.screen.close(&[Track::alone(&self.transcript)]);
        self.feed(&output);
    }

    /// Returns the row and the column of the cursor on the screen.
    pub(crate) fn cursor(&self) -> (u16, u16) {
        self.terminal.cursor()
    }

    pub(crate) fn is_cursor_hidden(&self) -> bool {
        self.terminal.0.screen().hide_cursor()
    }

    /// Returns the colour at a place of the screen, and whether it is faint.
    pub(crate) fn look(&self, row: u16, column: u16) -> (vt100::Color, bool) {
        let cell = self.terminal.0.screen().cell(row, column);
        let cell = cell.expect("it is on the screen");
        (cell.fgcolor(), cell.dim())
    }

    /// Returns `true` if the terminal has broken a row that is on the screen.
    pub(crate) fn has_wrapped(&self) -> bool {
        let screen = self.terminal.0.screen();
        (0..screen.size().0.get()).any(|row| screen.row_wrapped(row))
    }

    /// Returns the rows of the scroll-back and of the screen.
    pub(crate) fn rows(&mut self) -> Vec<String> {
        self.terminal.rows()
    }
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("more than nothing")
}

/// Returns a turn that starts at as many seconds as its number. A bar parts the firm words from the
/// tentative ones.
pub(crate) fn turn(session: u32, id: u32, state: TurnState, text: &str) -> Change {
    let mut words = Words::default();
    let firm = text
        .split('|')
        .next()
        .map_or(0, |it| it.split_whitespace().count());
    for word in text.replace('|', " ").split_whitespace() {
        words.push(Word {
            text: word,
            start_ms: id * 1_000,
            end_ms: id * 1_000 + 500,
            ..Word::default()
        });
    }
    Change::Turn(Turn {
        state,
        start_ms: id * 1_000,
        firm_words: if text.contains('|') { firm as u32 } else { 0 },
        words,
        ..Turn::new(TurnId { session, turn: id })
    })
}
