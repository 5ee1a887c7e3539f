//! Texts that are safe to print, and their widths.

use inturn_transcript::{Cluster, Unicode};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns `text` on one line, without characters that a terminal interprets.
///
/// Control characters and white space become single spaces. Characters that reorder text, and
/// invisible ones of which terminals disagree about the width, are dropped. The joiners stay,
/// because emoji and several scripts need them.
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars().filter(|it| !is_dropped(*it)) {
        if !letter.is_control() && !letter.is_whitespace() {
            printable.push(letter);
        } else if !printable.is_empty() && !printable.ends_with(' ') {
            printable.push(' ');
        }
    }
    printable.truncate(printable.trim_end().len());
    printable
}

/// Returns Unicode's data for terminals.
///
/// Some terminals show an emoji of several parts as one, in two columns, and others show each of
/// the parts. A cluster counts as wide as the widest of these, so that no line is ever too long.
pub(crate) fn unicode() -> Unicode {
    Unicode {
        clusters,
        ..Unicode::default()
    }
}

/// Returns the width of a printable text, in columns.
pub(crate) fn columns(text: &str) -> usize {
    clusters(text).iter().map(|it| it.columns).sum()
}

fn clusters(text: &str) -> Vec<Cluster> {
    let clusters = text.graphemes(true).map(|cluster| {
        let parts: usize = cluster.chars().filter_map(UnicodeWidthChar::width).sum();
        Cluster {
            bytes: cluster.len(),
            columns: cluster.width().max(parts),
        }
    });
    clusters.collect()
}

fn is_dropped(letter: char) -> bool {
    matches!(
        letter,
        // Soft hyphen, zero-width space, word joiner, byte order mark.
        '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}'
        // Marks, embeddings, overrides and isolates of bidirectional text:
        // https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Interlinear annotations.
        | '\u{fff9}'..='\u{fffb}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_interprets_is_not_printed() {
        let text = "\x1b[31mred\u{9b}2J\r\n\u{7}a\u{202e}b\u{ad}\u{85}c \u{2028} d\t";
        assert_eq!(printable(text), "[31mred 2J ab c d");
    }

    #[test]
    fn a_cluster_counts_the_most_columns_that_a_terminal_may_need() {
        for (text, expected) in [
            ("ferry", 5),
            ("天気", 4),
            ("e\u{301}", 1),
            ("👩‍👩‍👧", 6),
            ("❤\u{fe0f}", 2),
            ("👍🏽", 4),
            ("لا", 2),
        ] {
            assert_eq!(columns(text), expected, "{text}");
        }
    }
}
