//! Text in subtitle files, where an arrow would look like a line of times.

/// Adds a text with `→` for each `-->`.
///
/// It does not use `str::replace`, which would be 2 kB of the page's module.
pub(super) fn push_without_arrows(file: &mut String, text: &str) {
    let start = file.len();
    for letter in text.chars() {
        file.push(letter);
        if file.len() - start >= ARROW.len() && file.ends_with(ARROW) {
            file.truncate(file.len() - ARROW.len());
            file.push('→');
        }
    }
}

/// What separates the times of a cue.
const ARROW: &str = "-->";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_of_the_text_are_replaced() {
        for (text, expected) in [
            ("a --> b-->", "a → b→"),
            ("---->", "--→"),
            (">--", ">--"),
            ("-- >", "-- >"),
        ] {
            let mut file = String::from("--");
            push_without_arrows(&mut file, text);
            assert_eq!(file, format!("--{expected}"));
        }
        let mut file = String::from("--");
        push_without_arrows(&mut file, ">");
        assert_eq!(file, "-->", "only the added text");
    }
}
