//! Widths of texts, in columns of a fixed-width font.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Returns the width of a text: two columns for wide characters and emoji. A text of no width
/// counts as one column, so that no line holds any number of such texts.
pub(super) fn columns(text: &str) -> usize {
    text.graphemes(true).map(width).sum::<usize>().max(1)
}

/// Divides a text into the smallest parts between which a line may break. Closing punctuation stays
/// with the character before it.
pub(super) fn breakable(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    let mut from = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let is_first = at == from;
        let part = &text[from..at];
        let follows = cluster.chars().all(is_closing) && columns(part) < LONGEST_PART;
        if !is_first && !follows {
            parts.push(part);
            from = at;
        }
    }
    if from < text.len() {
        parts.push(&text[from..]);
    }
    parts
}

fn width(cluster: &str) -> usize {
    cluster.width()
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

    #[test]
    fn wide_characters_and_emoji_count_twice_and_marks_not_at_all() {
        for (text, expected) in [
            ("ferry", 5),
            ("天気", 4),
            ("e\u{301}te\u{301}", 3),
            ("👩‍👩‍👧", 2),
            ("🇳🇴", 2),
            ("ที่", 1),
            ("\u{200b}", 1),
        ] {
            assert_eq!(columns(text), expected, "{text}");
        }
    }

    #[test]
    fn a_line_breaks_between_clusters_and_not_before_closing_punctuation() {
        assert_eq!(breakable("天気。っ!"), ["天", "気。っ!"]);
        assert_eq!(breakable("👩‍👩‍👧🇳🇴e\u{301}"), ["👩‍👩‍👧", "🇳🇴", "e\u{301}"]);
        assert_eq!(breakable("!!!!!!!!!!!!").len(), 2);
    }
}
