//! Replacement of numbers that serde_json rejects.

/// Replaces numbers that serde_json rejects by `null`, so that one of them does not make the whole
/// text unreadable. These are `NaN` and the infinities, which Python's `json` writes
/// (<https://docs.python.org/3/library/json.html#infinite-and-nan-number-values>), and numbers that
/// do not fit an `f64`. Everything else stays the same, including strings.
pub(super) fn replace_unreadable(text: &str) -> String {
    let bytes = text.as_bytes();
    let end_of = |start: usize, part_of: fn(u8) -> bool| {
        let rest = bytes.get(start..).unwrap_or_default();
        let len = rest.iter().position(|it| !part_of(*it));
        len.map_or(bytes.len(), |len| start + len)
    };
    let mut plain = String::with_capacity(text.len());
    let mut start = 0;
    while let Some(first) = bytes.get(start) {
        let end = match first {
            b'"' => end_of_string(bytes, start),
            it if is_token_byte(*it) => end_of(start, is_token_byte),
            _ => end_of(start, |it| it != b'"' && !is_token_byte(it)),
        };
        // Each part ends at an ASCII character or at the end of the text, so at a char boundary.
        let part = text.get(start..end).unwrap_or_default();
        plain.push_str(if is_unreadable(part) { "null" } else { part });
        start = end;
    }
    plain
}

/// Returns the end of the string literal that starts at `start`, including its quotes.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Returns `true` if a number, `true`, `false` or `null` may contain this byte.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
}

fn is_unreadable(part: &str) -> bool {
    if matches!(part, "NaN" | "Infinity" | "-Infinity") {
        return true;
    }
    if !part.starts_with(|it: char| it == '-' || it.is_ascii_digit()) {
        return false;
    }
    let exponent = part.split_once(['e', 'E']).map_or("", |(_, it)| it);
    let digits = exponent.trim_start_matches(['+', '-']);
    // The largest `f64` has 309 digits.
    digits.len() > 2 || part.len() > 300
}
