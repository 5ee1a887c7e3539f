//! Folding of texts: texts that differ only in case, diacritics or width become equal.

use std::ops::Range;

use crate::unicode::Unicode;

/// A folded text that knows where its letters come from.
pub(super) struct Folded {
    pub(super) text: String,
    /// For each byte of `text`, the start of the letter in the source. At the end, the source's
    /// length.
    starts: Vec<u32>,
}

impl Folded {
    pub(super) fn new(source: &str, unicode: Unicode) -> Self {
        let mut folded = Self {
            text: String::with_capacity(source.len()),
            starts: Vec::with_capacity(source.len() + 1),
        };
        let lowercase = (unicode.lowercase)(source);
        let mut lowercase = lowercase.chars();
        for (at, letter) in source.char_indices() {
            let count = if letter == TWO_IN_LOWERCASE { 2 } else { 1 };
            for lower in lowercase.by_ref().take(count) {
                folded.push(lower, at);
            }
        }
        folded.starts.push(source.len() as u32);
        folded
    }

    /// Returns the place in the source of a place in the folded text. Diacritics that follow a
    /// letter belong to it.
    pub(super) fn source(&self, folded: Range<usize>) -> Range<usize> {
        let start = |at: usize| self.starts.get(at).copied().unwrap_or(0) as usize;
        // The letter of the last byte ends where the next one starts. One letter can become two.
        let last = start(folded.end.saturating_sub(1));
        let next = self.starts.iter().skip(folded.end);
        let end = next.map(|it| *it as usize).find(|it| *it > last);
        start(folded.start)..end.unwrap_or(last)
    }

    /// Adds a letter in lower case.
    fn push(&mut self, lower: char, at: usize) {
        if lower.is_whitespace() {
            if !self.text.ends_with(' ') {
                self.add(' ', at);
            }
            return;
        }
        if is_mark(lower) {
            return;
        }
        match base(lower) {
            Base::Same => self.add(lower, at),
            Base::Letters(letters) => {
                for letter in letters.chars() {
                    self.add(letter, at);
                }
            }
        }
    }

    fn add(&mut self, letter: char, at: usize) {
        self.text.push(letter);
        let bytes = letter.len_utf8();
        self.starts.extend(std::iter::repeat_n(at as u32, bytes));
    }
}

enum Base {
    Same,
    Letters(&'static str),
}

/// Returns the letters without diacritics of a small letter.
fn base(letter: char) -> Base {
    if let 'ａ'..='ｚ' | '０'..='９' = letter {
        return halfwidth(letter);
    }
    // Other scripts have no letters in the table.
    if !matches!(letter, '\u{a0}'..='\u{58f}' | '\u{1e00}'..='\u{201f}') {
        return Base::Same;
    }
    let row = ROWS.iter().find(|row| row.1.chars().any(|it| it == letter));
    row.map_or(Base::Same, |row| Base::Letters(row.0))
}

fn halfwidth(letter: char) -> Base {
    const ASCII: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
    let from_a = (letter as usize).checked_sub('ａ' as usize);
    let from_0 = (letter as usize).checked_sub('０' as usize);
    let at = from_a.or(from_0.map(|it| it + 26)).unwrap_or(0);
    ASCII.get(at..=at).map_or(Base::Same, Base::Letters)
}

/// Combining marks: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels and the
/// lengthening stroke, and invisible joiners.
fn is_mark(letter: char) -> bool {
    matches!(
        letter,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{487}'
            | '\u{591}'..='\u{5bd}'
            | '\u{5bf}'
            | '\u{5c1}'..='\u{5c2}'
            | '\u{610}'..='\u{61a}'
            | '\u{640}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{fe00}'..='\u{fe0f}'
    )
}

/// Becomes "i" and a dot. Each other character becomes one in lower case:
/// <https://www.unicode.org/Public/UCD/latest/ucd/SpecialCasing.txt>.
const TWO_IN_LOWERCASE: char = 'İ';

/// Letters and their small variants with diacritics, from the canonical decompositions of Unicode's
/// Latin, Greek and Cyrillic blocks. The last letters of the Latin rows have no decomposition, but
/// people who lack the key type the letter of the row.
const ROWS: &[(&str, &str)] = &[
    ("a", "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặª"),
    ("ae", "æǣǽ"),
    ("b", "ḃḅḇ"),
    ("c", "çćĉċčḉ"),
    ("d", "ďḋḍḏḑḓđð"),
    ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ("f", "ḟ"),
    ("g", "ĝğġģǧǵḡ"),
    ("h", "ĥȟḣḥḧḩḫẖħ"),
    ("i", "ìíîïĩīĭįǐȉȋḭḯỉịı"),
    ("j", "ĵǰ"),
    ("k", "ķǩḱḳḵ"),
    ("l", "ĺļľḷḹḻḽł"),
    ("m", "ḿṁṃ"),
    ("n", "ñńņňǹṅṇṉṋ"),
    ("o", "òóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợøǿº"),
    ("oe", "œ"),
    ("p", "ṕṗ"),
    ("r", "ŕŗřȑȓṙṛṝṟ"),
    ("s", "śŝşšșṡṣṥṧṩſ"),
    ("ss", "ß"),
    ("t", "ţťțṫṭṯṱẗ"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ("v", "ṽṿ"),
    ("w", "ŵẁẃẅẇẉẘ"),
    ("x", "ẋẍ"),
    ("y", "ýÿŷȳẏẙỳỵỷỹ"),
    ("z", "źżžẑẓẕ"),
    ("α", "άἀἁἂἃἄἅἆἇὰάᾶ"),
    ("ε", "έἐἑἒἓἔἕὲέ"),
    ("η", "ήἠἡἢἣἤἥἦἧὴήῆ"),
    ("ι", "ίϊΐἰἱἲἳἴἵἶἷὶίῖ"),
    ("ο", "όὀὁὂὃὄὅὸό"),
    ("υ", "ύϋΰὐὑὒὓὔὕὖὗὺύῦ"),
    ("ω", "ώὠὡὢὣὤὥὦὧὼώῶ"),
    ("σ", "ς"),
    ("е", "ѐёӗ"),
    ("и", "ѝйӣӥ"),
    ("і", "ї"),
    ("г", "ѓ"),
    ("к", "ќ"),
    ("у", "ўӯӱӳ"),
    ("'", "‘’‚‛"),
    ("\"", "“”„‟«»"),
    ("-", "‐‑‒–—―"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Folded {
        Folded::new(text, Unicode::default())
    }

    #[test]
    fn one_character_becomes_two_in_lower_case() {
        let several = ('\0'..=char::MAX).filter(|it| it.to_lowercase().nth(1).is_some());
        assert_eq!(several.collect::<Vec<_>>(), [TWO_IN_LOWERCASE]);
    }

    #[test]
    fn case_diacritics_and_width_do_not_count() {
        for (text, expected) in [
            ("Crème BRÛLÉE", "creme brulee"),
            ("e\u{301}te\u{301}", "ete"),
            ("Straße", "strasse"),
            ("Łódź, İzmir", "lodz, izmir"),
            ("Tiếng Việt", "tieng viet"),
            ("ΆΝΘΡΩΠΟΣ", "ανθρωποσ"),
            ("Ёлка й", "елка и"),
            ("مُحَمَّد", "محمد"),
            ("ＡＢＣ１２", "abc12"),
            ("“don’t”", "\"don't\""),
            ("a \n\t b", "a b"),
            ("今日は、天気。", "今日は、天気。"),
        ] {
            assert_eq!(folded(text).text, expected, "{text}");
        }
    }

    #[test]
    fn places_lead_back_to_the_source() {
        for (text, part, expected) in [
            ("Straße", "ss", "ß"),
            ("Straße", "s", "S"),
            ("ete\u{301}!", "te", "te\u{301}"),
            ("a \n b", "a b", "a \n b"),
            ("今日は", "日", "日"),
        ] {
            let folded = folded(text);
            let at = folded.text.find(part).expect("it is there");
            let source = folded.source(at..at + part.len());
            assert_eq!(&text[source], expected, "{text}");
        }
    }

    #[test]
    fn each_letter_has_one_row() {
        let all: String = ROWS.iter().map(|row| row.1).collect();
        for letter in all.chars() {
            let rows = ROWS.iter().filter(|row| row.1.contains(letter)).count();
            assert_eq!(rows, 1, "{letter}");
        }
    }
}
