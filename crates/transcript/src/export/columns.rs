//! Widths of texts, in columns of a fixed-width font.

use crate::unicode::{Cluster, Unicode};

/// A part of a text that a line may begin or end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breakable<'a> {
    /// The text.
    pub text: &'a str,
    /// Its width.
    pub columns: usize,
}

/// Returns a text without control characters as one part if it is not wider than `max_columns`;
/// otherwise the smallest parts between which a line may break. Closing punctuation stays with the
/// character before it, so that such a part can have several columns.
///
/// A part of no width counts as one column, so that no line holds any number of such parts.
pub fn breakable(text: &str, max_columns: usize, unicode: Unicode) -> Vec<Breakable<'_>> {
    let clusters = unicode.clusters_of(text);
    let columns = clusters.iter().map(|it| it.columns).sum::<usize>().max(1);
    if columns <= max_columns {
        return vec![Breakable { text, columns }];
    }
    parts(text, &clusters)
}

fn parts<'a>(text: &'a str, clusters: &[Cluster]) -> Vec<Breakable<'a>> {
    let mut parts: Vec<Breakable<'_>> = Vec::new();
    let (mut from, mut to, mut columns) = (0, 0, 0);
    for cluster in clusters {
        let end = to + cluster.bytes;
        let letters = text.get(to..end).unwrap_or_default();
        let follows = letters.chars().all(is_closing) && columns < LONGEST_PART;
        if to > from && !follows {
            parts.extend(part(text, from, to, columns));
            (from, columns) = (to, 0);
        }
        to = end;
        columns += cluster.columns;
    }
    parts.extend(part(text, from, text.len(), columns));
    parts
}

fn part(text: &str, from: usize, to: usize, columns: usize) -> Option<Breakable<'_>> {
    let text = text.get(from..to).filter(|it| !it.is_empty())?;
    let columns = columns.max(1);
    Some(Breakable { text, columns })
}

/// Characters that may not begin a line in Japanese and Chinese. Source: the simple rules of
/// <https://www.w3.org/TR/jlreq/#characters_not_starting_a_line>.
fn is_closing(letter: char) -> bool {
    matches!(
        letter,
        '、' | '。'
            | '，'
            | '．'
            | '！'
            | '？'
            | '：'
            | '；'
            | '」'
            | '』'
            | '）'
            | '】'
            | '〉'
            | '》'
            | '〕'
            | '・'
            | 'ー'
            | '々'
            | 'ぁ'
            | 'ぃ'
            | 'ぅ'
            | 'ぇ'
            | 'ぉ'
            | 'っ'
            | 'ゃ'
            | 'ゅ'
            | 'ょ'
            | 'ァ'
            | 'ィ'
            | 'ゥ'
            | 'ェ'
            | 'ォ'
            | 'ッ'
            | 'ャ'
            | 'ュ'
            | 'ョ'
            | '.'
            | ','
            | '!'
            | '?'
            | ':'
            | ';'
            | ')'
            | ']'
            | '…'
    )
}

/// Longest part with closing punctuation, in columns: "!!!!" without end must still break.
const LONGEST_PART: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        let parts = breakable(text, 0, Unicode::default());
        parts.iter().map(|it| it.text).collect()
    }

    #[test]
    fn wide_characters_and_emoji_count_twice_and_marks_not_at_all() {
        for (text, columns) in [
            ("ferry", 5),
            ("天気", 4),
            ("e\u{301}te\u{301}", 3),
            ("👩‍👩‍👧", 2),
            ("🇳🇴", 2),
            ("ที่", 1),
            ("\u{200b}", 1),
        ] {
            let parts = breakable(text, 5, Unicode::default());
            assert_eq!(parts, [Breakable { text, columns }]);
        }
    }

    #[test]
    fn a_line_breaks_between_clusters_and_not_before_closing_punctuation() {
        assert_eq!(texts("天気。っ!"), ["天", "気。っ!"]);
        assert_eq!(texts("👩‍👩‍👧🇳🇴e\u{301}"), ["👩‍👩‍👧", "🇳🇴", "e\u{301}"]);
        assert_eq!(texts("!!!!!!!!!!!!").len(), 2);
    }
}
