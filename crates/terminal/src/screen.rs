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
//!
//! Several recordings may run together. Their lines have labels and are in the order of the clock:
//! a final also waits for what began before it in another recording. There is one status line.

mod control;
mod layout;
mod lines;
mod status;

use std::collections::BTreeMap;

use inturn_transcript::{Entry, EntryId, Touched};

pub use self::status::Status;
use self::{
    control::{
        BEGIN_UPDATE, CLIP, END_UPDATE, ERASE_BELOW, HIDE_CURSOR, NEW_ROW, SHOW_CURSOR, WRAP,
        push_row, push_up,
    },
    layout::{Ink, Row, wrapped},
    lines::{Line, gap_text, lines},
};
use crate::{
    order::{Order, Released},
    track::{Side, Track},
    wording::Wording,
};

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
///
/// `tracks` are the recordings that run together, always as many and in the same order. `track` is
/// the place of one of them.
#[derive(Clone, Debug)]
pub struct Screen {
    style: Style,
    order: Order,
    /// The entries that were printed, with the places of their recordings.
    printed: BTreeMap<(usize, EntryId), Printed>,
    /// The status of each recording.
    statuses: Vec<Status>,
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
    /// Creates a screen that begins at the cursor's row, for as many recordings as run together.
    pub fn new(style: Style, recordings: usize) -> Self {
        Self {
            style,
            order: Order::new(style.formatted_follows, recordings),
            printed: BTreeMap::new(),
            statuses: vec![Status::default(); recordings],
            shown: Vec::new(),
            is_disturbed: false,
        }
    }

    /// Begins another transcript, below what was printed. `heading` is printed first, if there is
    /// one.
    pub fn began(&mut self, tracks: &[Track<'_>], track: usize, heading: &str) -> String {
        self.order.restart(track);
        self.printed.retain(|(place, _), _| *place != track);
        let heading = (!heading.is_empty()).then(|| Line::message(Ink::Name, heading));
        self.update(heading.into_iter().collect(), tracks)
    }

    /// Shows a change of a transcript.
    pub fn changed(&mut self, tracks: &[Track<'_>], track: usize, touched: &[Touched]) -> String {
        let again = self.order.note_touched(tracks, track, touched);
        let corrections = again.into_iter();
        let corrections = corrections.flat_map(|id| self.correction(tracks, track, id));
        let corrections = corrections.collect();
        self.update(corrections, tracks)
    }

    /// Shows another status of a recording.
    pub fn status(&mut self, tracks: &[Track<'_>], track: usize, status: &Status) -> String {
        self.order.note_state(track, status.state);
        if let Some(old) = self.statuses.get_mut(track) {
            old.clone_from(status);
        }
        self.update(Vec::new(), tracks)
    }

    /// Prints a message above the redrawn part.
    pub fn message(&mut self, tracks: &[Track<'_>], text: &str) -> String {
        self.update(vec![Line::message(Ink::Alarm, text)], tracks)
    }

    /// The terminal has another size.
    pub fn resized(&mut self, tracks: &[Track<'_>], columns: u16, rows: u16) -> String {
        if (columns, rows) == (self.style.columns, self.style.rows) {
            return String::new();
        }
        (self.style.columns, self.style.rows) = (columns, rows);
        self.is_disturbed = true;
        self.update(Vec::new(), tracks)
    }

    /// Prints what is left, and removes the redrawn part. The cursor is then at the start of an
    /// empty row.
    pub fn close(&mut self, tracks: &[Track<'_>]) -> String {
        self.order.note_end();
        let lines = self.released_lines(tracks);
        self.print(&lines, Vec::new())
    }

    /// Prints `lines` and all entries that are final now, and draws the rest.
    fn update(&mut self, mut printed: Vec<Line>, tracks: &[Track<'_>]) -> String {
        printed.extend(self.released_lines(tracks));
        if !self.style.has_control {
            return self.print(&printed, Vec::new());
        }
        let mut rows = self.redrawn_rows(tracks);
        while rows.len() > self.max_rows() {
            let Some(released) = self.order.release_first(tracks) else {
                break;
            };
            printed.extend(self.released(tracks, released));
            rows = self.redrawn_rows(tracks);
        }
        // The last rows are the ones to see.
        rows.drain(..rows.len().saturating_sub(self.max_rows()));
        self.print(&printed, rows)
    }

    fn released_lines(&mut self, tracks: &[Track<'_>]) -> Vec<Line> {
        let released = self.order.release(tracks).into_iter();
        released.flat_map(|it| self.released(tracks, it)).collect()
    }

    /// Returns the lines of an entry that is printed for the first time.
    fn released(&mut self, tracks: &[Track<'_>], released: Released) -> Vec<Line> {
        let Released {
            track: place,
            id,
            is_late,
        } = released;
        let track = tracks.get(place);
        let Some((track, entry)) = track.and_then(|it| Some((it, it.transcript.entry(id)?))) else {
            return Vec::new();
        };
        let mut lines = lines(track, entry);
        if is_late {
            lines.iter_mut().for_each(|it| it.mark("(earlier)"));
        }
        let printed = Printed::new(track, entry);
        self.printed.insert((place, id), printed);
        lines
    }

    /// Returns the lines of an entry that was printed, if its words are others now.
    fn correction(&mut self, tracks: &[Track<'_>], place: usize, id: EntryId) -> Vec<Line> {
        let old = self.printed.get_mut(&(place, id));
        let (Some(old), Some(track)) = (old, tracks.get(place)) else {
            return Vec::new();
        };
        let Some(entry) = track.transcript.entry(id) else {
            let text = std::mem::take(&mut old.text);
            let line = Line::removed(track, old.start_ms, &text);
            return (!text.is_empty()).then_some(line).into_iter().collect();
        };
        let new = Printed::new(track, entry);
        let has_changed = letters(&new.text) != letters(&old.text);
        *old = new;
        if !has_changed {
            return Vec::new();
        }
        let mut lines = lines(track, entry);
        lines.iter_mut().for_each(|it| it.mark("(corrected)"));
        lines
    }

    /// Returns the rows of the redrawn part.
    fn redrawn_rows(&self, tracks: &[Track<'_>]) -> Vec<Row> {
        let columns = usize::from(self.style.columns);
        let waiting = self.order.waiting(tracks).into_iter();
        let waiting = waiting.filter_map(|(place, entry)| Some(lines(tracks.get(place)?, entry)));
        let problems = tracks.iter().zip(&self.statuses);
        let problems = problems.filter_map(|(track, status)| {
            let problem = status.interrupted.as_ref()?;
            let text = Wording::interrupted(problem, track.origin).text();
            Some(Line::message(
                Ink::Alarm,
                &Side::labelled(track.side, &text),
            ))
        });
        let mut rows: Vec<Row> = waiting
            .flatten()
            .chain(problems)
            .flat_map(|line| wrapped(&line.spans, line.indent, columns))
            .collect();
        // One column less, because what is behind the line is erased after it was written.
        let max_columns = columns.saturating_sub(1);
        rows.push(status::row(tracks, &self.statuses, max_columns));
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
    fn new(track: &Track<'_>, entry: &Entry) -> Self {
        let text = match entry {
            Entry::Turn(turn) => {
                let reading = track.transcript.reading(turn.id);
                reading.map_or_else(String::new, |it| it.text().to_owned())
            }
            Entry::Gap(gap) => gap_text(track, *gap),
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
