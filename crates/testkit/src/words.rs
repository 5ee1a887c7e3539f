//! Compares recognised words with what was said.

/// Splits a text into words in lower case, without punctuation. A hyphen separates words.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Returns how many words must be changed, removed or added to make `found` of `expected`. Divided
/// by the number of expected words, this is the word error rate.
pub fn wrong_words(expected: &[String], found: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=found.len()).collect();
    for (index, word) in expected.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (place, other) in found.iter().enumerate() {
            let changed = diagonal + usize::from(word != other);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[found.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_no_case_and_no_punctuation() {
        assert_eq!(
            words("Go forward, ten  meters."),
            ["go", "forward", "ten", "meters"]
        );
        assert_eq!(words("Don't – ill-disposed"), ["don't", "ill", "disposed"]);
    }

    #[test]
    fn each_change_is_a_wrong_word() {
        let expected = words("he was not an ill disposed young man");
        for (found, wrong) in [
            ("he was not an ill disposed young man", 0),
            ("oh he was not an ill opposed young man", 2),
            ("he was an ill disposed man", 2),
            ("", 8),
        ] {
            assert_eq!(wrong_words(&expected, &words(found)), wrong, "{found:?}");
        }
        assert_eq!(wrong_words(&[], &expected), 8);
    }
}
