//! Path prefixes.

/// Returns the prefix with a slash at both ends; `None` if it is not a plain path.
///
/// It becomes the path of a cookie, so no other characters are allowed.
pub(crate) fn plain_prefix(text: &str) -> Option<String> {
    let inner = text.strip_prefix('/')?.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_segment = |it: &str| !it.is_empty() && it != "." && it != ".." && it.bytes().all(plain);
    if inner.is_empty() {
        return Some("/".to_owned());
    }
    (inner.len() <= MAX_PREFIX_BYTES && inner.split('/').all(is_segment))
        .then(|| format!("/{inner}/"))
}

/// Longer than any real prefix, and still short enough for a cookie.
const MAX_PREFIX_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_path_is_a_prefix() {
        for (text, prefix) in [
            ("/", Some("/")),
            ("/x", Some("/x/")),
            ("/x/", Some("/x/")),
            ("/team/scribe//", Some("/team/scribe/")),
            ("", None),
            ("x", None),
            ("//evil.example", None),
            ("/a//b", None),
            ("/../x", None),
            ("/a/./b", None),
            ("/a b", None),
            ("/a;Path=/", None),
            ("/a%2e", None),
            ("/a\\b", None),
        ] {
            assert_eq!(plain_prefix(text).as_deref(), prefix, "{text:?}");
        }
        assert_eq!(plain_prefix(&format!("/{}", "a".repeat(257))), None);
    }
}
