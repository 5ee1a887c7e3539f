//! Breaks texts into rows of the terminal.

use inturn_transcript::export::breakable;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::{columns, printable, unicode};

/// How a part of a row looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Words that do not change any more.
    Firm,
    /// Words of an open turn that will probably stay.
    Open,
    /// Words that may still change.
    Tentative,
    /// Times, marks and gaps.
    Quiet,
    /// The name of a speaker.
    Name,
    /// A problem.
    Alarm,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) ink: Ink,
    pub(super) text: String,
    /// Whether there is no space between it and the part before it.
    pub(super) is_joined: bool,
}

/// A row of the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) parts: Vec<(Ink, String)>,
    pub(super) columns: usize,
}

impl Span {
    /// Makes `text` printable.
    pub(super) fn new(ink: Ink, text: &str) -> Self {
        Self {
            ink,
            text: printable(text),
            is_joined: false,
        }
    }
}

impl Row {
    fn push(&mut self, ink: Ink, text: &str, width: usize) {
        self.columns += width;
        match self.parts.last_mut() {
            Some((last, part)) if *last == ink => part.push_str(text),
            _ => self.parts.push((ink, text.to_owned())),
        }
    }

    /// Returns the text without its looks.
    pub(super) fn text(&self) -> String {
        self.parts.iter().map(|it| it.1.as_str()).collect()
    }
}

/// Breaks a line into rows of at most `max_columns`, between words. Words that are longer are
/// broken between characters. All rows but the first begin with `indent` spaces, if that leaves
/// enough room.
pub(super) fn wrapped(line: &[Span], indent: usize, max_columns: usize) -> Vec<Row> {
    let max_columns = max_columns.max(1);
    let indent = if indent + MIN_ROOM <= max_columns {
        indent
    } else {
        0
    };
    let room = max_columns - indent;
    let mut rows = Vec::new();
    let mut row = Row::default();
    let mut is_empty = true;
    for (ink, is_joined, word) in words(line) {
        let mut is_joined = is_joined;
        for part in breakable(word, room, unicode()) {
            for (text, width) in fitting(part.text, part.columns, room) {
                let space = usize::from(!is_joined && !is_empty);
                if !is_empty && row.columns + space + width > max_columns {
                    rows.push(std::mem::take(&mut row));
                    if indent > 0 {
                        row.push(Ink::Firm, &" ".repeat(indent), indent);
                    }
                } else if space > 0 {
                    row.push(ink, " ", 1);
                }
                row.push(ink, text, width);
                (is_empty, is_joined) = (false, true);
            }
        }
    }
    rows.push(row);
    rows
}

/// Returns the words of a line, each with its ink and whether no space is before it.
fn words(line: &[Span]) -> impl Iterator<Item = (Ink, bool, &str)> {
    line.iter().flat_map(|span| {
        let words = span.text.split(' ').filter(|it| !it.is_empty());
        let words = words.enumerate();
        words.map(|(at, word)| (span.ink, at == 0 && span.is_joined, word))
    })
}

/// Returns the parts of a text of `width` columns that fit into `room`. A character that is wider
/// than that is replaced.
fn fitting(text: &str, width: usize, room: usize) -> Vec<(&str, usize)> {
    if width <= room {
        return vec![(text, width)];
    }
    let clusters = text.graphemes(true).map(|cluster| {
        let width = columns(cluster);
        if width <= room {
            (cluster, width)
        } else {
            (REPLACEMENT, 1)
        }
    });
    clusters.collect()
}

/// The least number of columns after an indentation: with fewer, most words would be broken.
const MIN_ROOM: usize = 20;

/// In place of a character that is wider than the terminal.
const REPLACEMENT: &str = "\u{fffd}";

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, max_columns: usize) -> Vec<String> {
        let line = [Span::new(Ink::Firm, text)];
        let rows = wrapped(&line, 0, max_columns);
        rows.iter().map(Row::text).collect()
    }

    #[test]
    fn words_wrap_at_the_edge() {
        assert_eq!(rows("the ferry leaves", 9), ["the ferry", "leaves"]);
        assert_eq!(rows("the ferry leaves", 8), ["the", "ferry", "leaves"]);
    }

    #[test]
    fn a_word_longer_than_the_line_is_broken_between_clusters() {
        assert_eq!(rows("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(rows("今日は天気", 5), ["今日", "は天", "気"]);
        assert_eq!(
            rows("e\u{301}e\u{301}e\u{301}", 2),
            ["e\u{301}e\u{301}", "e\u{301}"]
        );
    }

    #[test]
    fn a_character_wider_than_the_line_is_replaced() {
        assert_eq!(rows("a天b", 1), ["a", "\u{fffd}", "b"]);
    }

    #[test]
    fn long_rows_are_indented_if_there_is_room() {
        let line = [
            Span::new(Ink::Quiet, "0:07"),
            Span::new(Ink::Firm, "the ferry leaves the harbour at nine"),
        ];
        let rows = wrapped(&line, 5, 25);
        let rows: Vec<String> = rows.iter().map(Row::text).collect();
        assert_eq!(rows, ["0:07 the ferry leaves the", "     harbour at nine"]);
    }
}
