//! The API key of an account.

use std::fmt;

use reqwest::header::HeaderValue;

/// The API key of an account, which can be sent but not printed.
///
/// It has no `Display`, its `Debug` hides it, and its header value is marked as sensitive.
#[derive(Clone)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// Maximum length. Real keys have 32 characters; a kilobyte fits every common header limit.
    pub const MAX_BYTES: usize = 1024;

    /// Parses a key after removing white space and quotes around it. Returns `None` for an empty
    /// text.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if the text is too long or contains characters that no key contains.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidKey> {
        let text = without_quotes(text.trim()).trim();
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() > Self::MAX_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidKey);
        }
        let mut header = HeaderValue::from_str(text).map_err(|_| InvalidKey)?;
        header.set_sensitive(true);
        Ok(Some(Self(header)))
    }

    /// The value of the `Authorization` header: the key without a scheme.
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

/// Removes quotes, which Windows' `set`, Docker's `--env-file` and files written by hand keep in
/// the value.
fn without_quotes(text: &str) -> &str {
    let pairs = [
        ('"', '"'),
        ('\'', '\''),
        ('\u{201c}', '\u{201d}'),
        ('\u{2018}', '\u{2019}'),
    ];
    let inner = pairs
        .iter()
        .find_map(|(begin, end)| text.strip_prefix(*begin)?.strip_suffix(*end));
    inner.unwrap_or(text)
}

/// The text contains white space, control or non-ASCII characters, or is too long.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a key")]
pub struct InvalidKey;

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        let key = ApiKey::parse(text).expect("is accepted")?;
        key.header().to_str().map(str::to_owned).ok()
    }

    #[test]
    fn white_space_and_quotes_around_a_key_are_removed() {
        for text in [
            "abc",
            "abc \r\n",
            " abc\t",
            "\"abc\"",
            "'abc'",
            " \"abc \"\n",
            "\u{201c}abc\u{201d}",
        ] {
            assert_eq!(parsed(text).as_deref(), Some("abc"), "{text:?}");
        }
    }

    #[test]
    fn an_empty_text_is_none() {
        for text in ["", " ", "\n", "\"\"", "''"] {
            assert_eq!(parsed(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_invalid_key_is_refused_and_not_repeated() {
        let long = "marker".repeat(ApiKey::MAX_BYTES / 6 + 1);
        for text in [
            "Bearer marker",
            "mar\nker",
            "m\u{e4}rker",
            "mar\u{0}ker",
            &long,
        ] {
            let error = ApiKey::parse(text).expect_err(text);
            assert!(!format!("{error} {error:?}").contains("ker"), "{error:?}");
        }
    }

    #[test]
    fn a_key_cannot_be_printed() {
        let key = ApiKey::parse("marker").ok().flatten().expect("a key");
        assert!(!format!("{key:?} {key:#?} {:?}", key.header()).contains("marker"));
    }
}
