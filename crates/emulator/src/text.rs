//! The two spellings of a turn: raw, and formatted.

/// Raw: lower case, without punctuation, as the Universal-Streaming models give it.
pub(crate) fn raw(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase()
}

/// Formatted: each word with its capitals and points. `ended` gives the last word a full stop if it
/// has no mark of its own. Numbers stay as they were said.
pub(crate) fn formatted(words: &[&str], ended: bool) -> Vec<String> {
    let mut texts: Vec<String> = Vec::with_capacity(words.len());
    for &word in words {
        let opens = texts.last().is_none_or(|before| ends_sentence(before));
        texts.push(if opens || is_first_person(word) {
            capitalised(word)
        } else {
            word.to_owned()
        });
    }
    if let Some(last) = texts.last_mut()
        && ended
        && !ends_sentence(last)
    {
        last.truncate(last.trim_end_matches([',', ';', ':']).len());
        last.push('.');
    }
    texts
}

/// Whether the text ends as a sentence does.
pub(crate) fn ends_sentence(text: &str) -> bool {
    text.ends_with(['.', '?', '!'])
}

fn is_first_person(word: &str) -> bool {
    word == "i" || word.starts_with("i'")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, ended: bool) -> String {
        let words: Vec<&str> = text.split(' ').collect();
        formatted(&words, ended).join(" ")
    }

    #[test]
    fn a_turn_gets_a_capital_and_a_full_stop() {
        assert_eq!(
            line("go forward ten meters", true),
            "Go forward ten meters."
        );
        assert_eq!(line("go forward", false), "Go forward");
    }

    #[test]
    fn marks_that_are_there_are_kept() {
        assert_eq!(line("Is it noon? i think", true), "Is it noon? I think.");
        assert_eq!(line("at noon,", true), "At noon.");
    }

    #[test]
    fn raw_text_has_neither_capitals_nor_points() {
        assert_eq!(raw("Don't,"), "don't");
    }
}
