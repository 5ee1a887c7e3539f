//! No selector of the style sheets is slow with a long transcript.

/// With `:has(~ footer #problem)`, browsers search all siblings, including the transcript, at each
/// change: 5 ms for 10,000 turns. With `:has(~ footer > #problem)` they don't. `body:has(#problem)`
/// is worse: all elements of the body get their style again, 30 ms.
#[test]
fn no_has_selector_searches_the_transcript() {
    for (name, style) in STYLES {
        assert!(style.contains(":has("), "{name} has :has() selectors");
        assert_eq!(slow_selectors(style), [""; 0], "{name}");
    }
}

#[test]
fn slow_selectors_are_found() {
    for (style, is_slow) in [
        ("footer:has(> #problem) {}", false),
        ("#settings:has(#announce:checked) {}", false),
        ("header:has(#problem) {}", true),
        ("header:has(> p #problem) {}", true),
        ("body:has(> #problem) {}", true),
        ("a, body.busy:has(> #problem) {}", true),
        (":root:has(> #problem) {}", true),
        ("main :has(> #problem) {}", true),
        ("*:has(> #problem) {}", true),
        ("/* body:has(> #problem) */ a {}", false),
    ] {
        assert_eq!(!slow_selectors(style).is_empty(), is_slow, "{style}");
    }
}

fn slow_selectors(style: &str) -> Vec<String> {
    // Remove comments: each piece after the first begins with one.
    let style: String = style
        .split("/*")
        .map(|piece| piece.split_once("*/").map_or(piece, |(_, rules)| rules))
        .collect();
    let mut parts = style.split(":has(");
    let mut before = parts.next().unwrap_or_default();
    let mut slow = Vec::new();
    for part in parts {
        let argument = argument(part);
        let subject = before.rsplit(|it: char| !is_name(it)).next();
        let subject = subject.unwrap_or_default();
        let is_small = SMALL.contains(&subject);
        if is_large(subject) || (!is_small && searches_descendants(argument)) {
            slow.push(format!("{subject}:has({argument})"));
        }
        before = part;
    }
    slow
}

/// Whether a selector is for elements around the transcript, or for any element.
fn is_large(subject: &str) -> bool {
    let name = subject.split(['.', '#']).next();
    subject.is_empty() || name.is_some_and(|it| LARGE.contains(&it))
}

/// Whether a relative selector has a descendant combinator.
fn searches_descendants(argument: &str) -> bool {
    let words: Vec<&str> = argument.split_whitespace().collect();
    let is_combinator = |word: &str| matches!(word, ">" | "+" | "~");
    // Without a combinator at the start, it is a descendant too.
    !words.first().is_some_and(|it| is_combinator(it))
        || words
            .windows(2)
            .any(|pair| !is_combinator(pair[0]) && !is_combinator(pair[1]))
}

fn is_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || "#.-_".contains(it)
}

/// Elements outside the transcript that may be searched.
const SMALL: [&str; 1] = ["#settings"];

/// Elements around the transcript; `root` is the pseudo-class.
const LARGE: [&str; 4] = ["body", "html", "main", "root"];

const STYLES: [(&str, &str); 2] = [
    ("style.css", include_str!("../../public/style.css")),
    ("documents.css", include_str!("../../public/documents.css")),
];

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
