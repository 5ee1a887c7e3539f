//! The two forms of a turn's text: raw and formatted.

/// Returns the word in lower case and without punctuation, as the Universal-Streaming models send
/// it.
pub(crate) fn raw(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase()
}

/// Returns the words with capitals and punctuation. With `ended`, the last word gets a full stop
/// unless it already ends a sentence. Number words are not changed to digits.
pub(crate) fn formatted(words: &[&str], ended: bool) -> Vec<String> {
    let mut texts: Vec<String> = Vec::with_capacity(words.len());
    for &word in words {
        let begins_sentence = texts.last().is_none_or(|previous| ends_sentence(previous));
        texts.push(if begins_sentence || is_first_person(word) {
            capitalise(word)
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

/// Whether the text ends with the punctuation of a sentence.
pub(crate) fn ends_sentence(text: &str) -> bool {
    text.ends_with(['.', '?', '!'])
}

fn is_first_person(word: &str) -> bool {
    word == "i" || word.starts_with("i'")
}

fn capitalise(word: &str) -> String {
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
    fn existing_punctuation_is_kept() {
        assert_eq!(line("Is it noon? i think", true), "Is it noon? I think.");
        assert_eq!(line("at noon,", true), "At noon.");
    }

    #[test]
    fn raw_text_has_neither_capitals_nor_punctuation() {
        assert_eq!(raw("Don't,"), "don't");
    }
}
