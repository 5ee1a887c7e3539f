//! The control sequences that the screen uses: those that all terminals since the VT100 know, and
//! one for synchronized output, which the others ignore.

use std::fmt::Write;

use super::layout::{Ink, Row};

/// From here on, the terminal shows nothing until [`END_UPDATE`].
/// <https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036>
pub(super) const BEGIN_UPDATE: &str = "\x1b[?2026h";
pub(super) const END_UPDATE: &str = "\x1b[?2026l";
pub(super) const HIDE_CURSOR: &str = "\x1b[?25l";
pub(super) const SHOW_CURSOR: &str = "\x1b[?25h";
/// Text after the last column is dropped, and does not begin a row.
pub(super) const CLIP: &str = "\x1b[?7l";
pub(super) const WRAP: &str = "\x1b[?7h";
/// Erases from the cursor to the end of the row.
pub(super) const ERASE_ROW: &str = "\x1b[K";
/// Erases from the cursor to the end of the screen.
pub(super) const ERASE_BELOW: &str = "\x1b[J";
pub(super) const NEW_ROW: &str = "\r\n";

/// Moves the cursor to the first column, `rows` further up.
pub(super) fn push_up(output: &mut String, rows: usize) {
    output.push('\r');
    if rows > 0 {
        // A `String` accepts all that is written.
        let _ = write!(output, "\x1b[{rows}A");
    }
}

/// Adds the text of a row, and erases what was behind it.
pub(super) fn push_row(output: &mut String, row: &Row, has_colour: bool, max_columns: usize) {
    for (ink, text) in &row.parts {
        let look = if has_colour { look(*ink) } else { "" };
        output.push_str(look);
        output.push_str(text);
        if !look.is_empty() {
            output.push_str(PLAIN);
        }
    }
    // After the last column, xterm would erase that column.
    if row.columns < max_columns {
        output.push_str(ERASE_ROW);
    }
}

fn look(ink: Ink) -> &'static str {
    match ink {
        Ink::Firm => "",
        // Faint.
        Ink::Open => "\x1b[2m",
        // Grey: bright black.
        Ink::Tentative | Ink::Quiet => "\x1b[90m",
        // Bold.
        Ink::Name => "\x1b[1m",
        // Yellow.
        Ink::Alarm => "\x1b[33m",
    }
}

const PLAIN: &str = "\x1b[0m";
