//! What a person sees on a terminal.
//!
//! Finals are printed like the output of any program, so they scroll up and stay in the terminal's
//! scroll-back. Below them is the redrawn part: what may still change, a problem, and the status
//! line. Between two updates, the cursor is in the first column of the redrawn part. However the
//! terminal is resized, and whether it breaks long rows anew or not, the cursor stays there, and
//! what comes after it can be erased.
//!
//! A final stays in the redrawn part while words before it may still come: while an open turn is
//! before it, or while a part is transcribed that was lost with a connection. If the redrawn part
//! does not fit on the screen, finals of the second kind are printed nevertheless. What then comes
//! before them is printed when it is final, as a line with the mark "(earlier)". If the words of a
//! printed final change, the new words are printed as a line with the mark "(corrected)". A change
//! of letter case, punctuation, times or speakers is not printed again; files have it.

mod control;
mod layout;
mod lines;
mod status;

use std::collections::BTreeMap;

use inturn_transcript::{Entry, EntryId, Touched, Transcript};

pub use self::status::Status;
use self::{
    control::{
        BEGIN_UPDATE, CLIP, END_UPDATE, ERASE_BELOW, HIDE_CURSOR, NEW_ROW, SHOW_CURSOR, WRAP,
        push_row, push_up,
    },
    layout::{Ink, Row, wrapped},
    lines::{Line, gap_text, lines},
};
use crate::{finals::Finals, wording::Wording};

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The terminal's width.
    pub columns: u16,
    /// The terminal's height.
    pub rows: u16,
    /// Whether to use colours and faint text.
    pub has_colour: bool,
    /// Whether the terminal knows control sequences. Without them, only finals, gaps and messages
    /// are printed, each as one line that the terminal wraps.
    pub has_control: bool,
    /// Whether the service sends a formatted version after the raw end of a turn. It is awaited
    /// before the turn is printed.
    pub formatted_follows: bool,
}

/// The screen of a terminal. Each method returns what to write to the terminal.
#[derive(Clone, Debug)]
pub struct Screen {
    style: Style,
    finals: Finals,
    /// The entries that were printed.
    printed: BTreeMap<EntryId, Printed>,
    status: Status,
    /// The rows of the redrawn part, as they are on the terminal.
    shown: Vec<Row>,
    /// Whether the terminal may have moved these rows.
    is_disturbed: bool,
}

/// What was printed of an entry.
#[derive(Clone, Debug)]
struct Printed {
    start_ms: u32,
    /// Its text; empty once it was removed.
    text: String,
}

impl Screen {
    /// Creates a screen that begins at the cursor's row.
    pub fn new(style: Style) -> Self {
        Self {
            style,
            finals: Finals::new(style.formatted_follows),
            printed: BTreeMap::new(),
            status: Status::default(),
            shown: Vec::new(),
            is_disturbed: false,
        }
    }

    /// Begins another transcript, below what was printed. `heading` is printed first, if there is
    /// one.
    pub fn began(&mut self, heading: &str) -> String {
        self.finals.restart();
        self.printed.clear();
        let heading = (!heading.is_empty()).then(|| Line::message(Ink::Name, heading));
        self.update(heading.into_iter().collect(), &Transcript::default())
    }

    /// Shows a change of the transcript.
    pub fn changed(&mut self, transcript: &Transcript, touched: &[Touched]) -> String {
        let again = self.finals.note_touched(transcript, touched);
        let corrections = again.into_iter();
        let corrections = corrections.flat_map(|id| self.correction(transcript, id));
        let corrections = corrections.collect();
        self.update(corrections, transcript)
    }

    /// Shows another status.
    pub fn status(&mut self, transcript: &Transcript, status: &Status) -> String {
        self.finals.note_state(status.state);
        self.status.clone_from(status);
        self.update(Vec::new(), transcript)
    }

    /// Prints a message above the redrawn part.
    pub fn message(&mut self, transcript: &Transcript, text: &str) -> String {
        self.update(vec![Line::message(Ink::Alarm, text)], transcript)
    }

    /// The terminal has another size.
    pub fn resized(&mut self, transcript: &Transcript, columns: u16, rows: u16) -> String {
        if (columns, rows) == (self.style.columns, self.style.rows) {
            return String::new();
        }
        (self.style.columns, self.style.rows) = (columns, rows);
        self.is_disturbed = true;
        self.update(Vec::new(), transcript)
    }

    /// Prints what is left, and removes the redrawn part. The cursor is then at the start of an
    /// empty row.
    pub fn close(&mut self, transcript: &Transcript) -> String {
        self.finals.note_end();
        let lines = self.released_lines(transcript);
        self.print(&lines, Vec::new())
    }

    /// Prints `lines` and all entries that are final now, and draws the rest.
    fn update(&mut self, mut printed: Vec<Line>, transcript: &Transcript) -> String {
        printed.extend(self.released_lines(transcript));
        if !self.style.has_control {
            return self.print(&printed, Vec::new());
        }
        let mut rows = self.redrawn_rows(transcript);
        while rows.len() > self.max_rows() {
            let Some(id) = self.finals.release_first(transcript) else {
                break;
            };
            printed.extend(self.released(transcript, id, false));
            rows = self.redrawn_rows(transcript);
        }
        // The last rows are the ones to see.
        rows.drain(..rows.len().saturating_sub(self.max_rows()));
        self.print(&printed, rows)
    }

    fn released_lines(&mut self, transcript: &Transcript) -> Vec<Line> {
        let released = self.finals.release(transcript);
        let released = released.into_iter();
        let lines = released.flat_map(|it| self.released(transcript, it.id, it.is_late));
        lines.collect()
    }

    /// Returns the lines of an entry that is printed for the first time.
    fn released(&mut self, transcript: &Transcript, id: EntryId, is_late: bool) -> Vec<Line> {
        let Some(entry) = transcript.entry(id) else {
            return Vec::new();
        };
        let mut lines = lines(transcript, entry);
        if is_late {
            lines.iter_mut().for_each(|it| it.mark("(earlier)"));
        }
        let printed = Printed::new(transcript, entry);
        self.printed.insert(id, printed);
        lines
    }

    /// Returns the lines of an entry that was printed, if its words are others now.
    fn correction(&mut self, transcript: &Transcript, id: EntryId) -> Vec<Line> {
        let Some(old) = self.printed.get_mut(&id) else {
            return Vec::new();
        };
        let Some(entry) = transcript.entry(id) else {
            let text = std::mem::take(&mut old.text);
            let line = Line::removed(old.start_ms, &text);
            return (!text.is_empty()).then_some(line).into_iter().collect();
        };
        let new = Printed::new(transcript, entry);
        let has_changed = letters(&new.text) != letters(&old.text);
        *old = new;
        if !has_changed {
            return Vec::new();
        }
        let mut lines = lines(transcript, entry);
        lines.iter_mut().for_each(|it| it.mark("(corrected)"));
        lines
    }

    /// Returns the rows of the redrawn part.
    fn redrawn_rows(&self, transcript: &Transcript) -> Vec<Row> {
        let columns = usize::from(self.style.columns);
        let waiting = self.finals.waiting(transcript).into_iter();
        let lines = waiting.flat_map(|entry| lines(transcript, entry));
        let problem = self.status.interrupted.as_ref();
        let problem = problem.map(|it| Line::message(Ink::Alarm, &Wording::interrupted(it).text()));
        let mut rows: Vec<Row> = lines
            .chain(problem)
            .flat_map(|line| wrapped(&line.spans, line.indent, columns))
            .collect();
        // One column less, because what is behind the line is erased after it was written.
        rows.push(self.status.row(columns.saturating_sub(1)));
        rows
    }

    /// Prints lines above the redrawn part, and draws that as `redrawn`.
    fn print(&mut self, printed: &[Line], redrawn: Vec<Row>) -> String {
        if !self.style.has_control {
            return plain(printed);
        }
        if printed.is_empty() && !self.is_disturbed && redrawn == self.shown {
            return String::new();
        }
        let columns = usize::from(self.style.columns);
        let has_colour = self.style.has_colour;
        let mut output = [BEGIN_UPDATE, HIDE_CURSOR, "\r"].concat();
        if self.is_disturbed {
            output.push_str(ERASE_BELOW);
        }
        for line in printed {
            for row in wrapped(&line.spans, line.indent, columns) {
                push_row(&mut output, &row, has_colour, columns);
                output.push_str(NEW_ROW);
            }
        }
        // Terminals may disagree about the width of a character. A row that is too long must not
        // become two.
        output.push_str(CLIP);
        for (at, row) in redrawn.iter().enumerate() {
            if at > 0 {
                output.push_str(NEW_ROW);
            }
            push_row(&mut output, row, has_colour, columns);
        }
        output.push_str(ERASE_BELOW);
        output.push_str(WRAP);
        push_up(&mut output, redrawn.len().saturating_sub(1));
        output.push_str(SHOW_CURSOR);
        output.push_str(END_UPDATE);
        self.shown = redrawn;
        self.is_disturbed = false;
        output
    }

    fn max_rows(&self) -> usize {
        usize::from(self.style.rows).max(1)
    }
}

impl Printed {
    fn new(transcript: &Transcript, entry: &Entry) -> Self {
        let text = match entry {
            Entry::Turn(turn) => {
                let reading = transcript.reading(turn.id);
                reading.map_or_else(String::new, |it| it.text().to_owned())
            }
            Entry::Gap(gap) => gap_text(*gap),
        };
        Self {
            start_ms: entry.start_ms(),
            text,
        }
    }
}

/// Returns the letters and digits of a text, in lower case.
fn letters(text: &str) -> String {
    let letters = text.chars().filter(|it| it.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn plain(printed: &[Line]) -> String {
    let mut output = String::new();
    for line in printed {
        let row = wrapped(&line.spans, 0, usize::MAX);
        output.extend(row.iter().map(Row::text));
        output.push('\n');
    }
    output
}
