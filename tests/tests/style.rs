//! No selector of the style sheet is slow with a long transcript.

/// With `:has(~ footer #problem)`, browsers search all siblings, including the transcript, at each
/// change: 5 ms for 10,000 turns. With `:has(~ footer > #problem)` they don't.
#[test]
fn no_has_selector_searches_descendants() {
    // Remove comments: each piece after the first begins with one.
    let style: String = include_str!("../../public/style.css")
        .split("/*")
        .map(|piece| piece.split_once("*/").map_or(piece, |(_, rules)| rules))
        .collect();
    let arguments = style.split(":has(").skip(1).map(argument);
    let mut count = 0;
    for argument in arguments {
        count += 1;
        let words: Vec<&str> = argument.split_whitespace().collect();
        let is_combinator = |word: &str| matches!(word, ">" | "+" | "~");
        let descends = words
            .windows(2)
            .any(|pair| !is_combinator(pair[0]) && !is_combinator(pair[1]));
        assert!(!descends, ":has({argument})");
        // Without a combinator at the start, it is a descendant too.
        let first = words.first().copied().unwrap_or_default();
        assert!(is_combinator(first), ":has({argument})");
    }
    assert!(count > 0, "the style sheet has :has() selectors");
}

/// Returns the text up to the closing parenthesis.
fn argument(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    &text[..end.unwrap_or(text.len())]
}
