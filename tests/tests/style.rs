//! The style sheet costs a long transcript nothing.

/// `:has(~ footer #problem)` has browsers search all that lies beside, the transcript too, at each of
/// its changes: 5 ms for 10,000 turns. `:has(~ footer > #problem)` does not.
#[test]
fn no_has_looks_for_descendants() {
    // Without its comments: each piece behind the first begins with one.
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
        // A first word that is no combinator is a descendant too.
        let first = words.first().copied().unwrap_or_default();
        assert!(is_combinator(first), ":has({argument})");
    }
    assert!(count > 0, "the style sheet has such selectors");
}

/// Up to the bracket that closes it.
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
