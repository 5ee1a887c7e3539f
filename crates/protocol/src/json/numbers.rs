//! Numbers that cannot be read, in a text that should be JSON.

/// Replaces numbers that serde_json refuses by `null`, so that one of them does not make the whole
/// text unreadable: `NaN` and the infinities, which Python's `json` writes
/// (<https://docs.python.org/3/library/json.html#infinite-and-nan-number-values>), and numbers beyond
/// an `f64`. Everything else, strings included, stays as it is.
pub(super) fn without_odd(text: &str) -> String {
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
            it if is_of_a_word(*it) => end_of(start, is_of_a_word),
            _ => end_of(start, |it| it != b'"' && !is_of_a_word(it)),
        };
        // Each part ends before or behind an ASCII character, or at the end of the text.
        let part = text.get(start..end).unwrap_or_default();
        plain.push_str(if is_odd(part) { "null" } else { part });
        start = end;
    }
    plain
}

/// Where the string that starts at `start` ends, its quotes included.
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

/// Whether a number, `true`, `false` or `null` may hold this byte.
fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
}

fn is_odd(part: &str) -> bool {
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
