//! The API key.

use inturn_service::ApiKey;

use crate::secret::{SecretError, SecretSource};

/// Reads the key from `ASSEMBLYAI_API_KEY`, or from the file named by `ASSEMBLYAI_API_KEY_FILE`.
///
/// # Errors
///
/// [`SecretError`] if both are set, or if the one that is set can't be used.
pub fn read_api_key() -> Result<Option<ApiKey>, SecretError> {
    SOURCE.read(ApiKey::parse)
}

const SOURCE: SecretSource = SecretSource {
    what: "a key",
    form: "one word of plain characters, without \"Bearer\" before it",
    variable: "ASSEMBLYAI_API_KEY",
    file_variable: "ASSEMBLYAI_API_KEY_FILE",
    max_bytes: ApiKey::MAX_BYTES,
};

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn key(value: Option<&str>, file: Option<&str>) -> Result<Option<String>, SecretError> {
        SOURCE
            .read_from(
                value.map(OsString::from),
                file.map(OsString::from),
                ApiKey::parse,
            )
            .map(|key| key.and_then(|key| key.header().to_str().map(str::to_owned).ok()))
    }

    fn file_holding(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), bytes).expect("written");
        file
    }

    #[test]
    fn space_and_newlines_around_a_key_are_trimmed() {
        for text in ["abc", "abc\n", "abc \r\n", " abc\t"] {
            assert_eq!(
                key(Some(text), None).ok().flatten().as_deref(),
                Some("abc"),
                "{text:?}"
            );
            let file = file_holding(text.as_bytes());
            assert_eq!(
                key(None, file.path().to_str()).ok().flatten().as_deref(),
                Some("abc")
            );
        }
    }

    #[test]
    fn quotes_around_a_key_are_removed() {
        for text in ["\"abc\"", "'abc'", " \"abc \"\n", "\u{201c}abc\u{201d}"] {
            let found = key(Some(text), None).ok().flatten();
            assert_eq!(found.as_deref(), Some("abc"), "{text:?}");
            let file = file_holding(text.as_bytes());
            let found = key(None, file.path().to_str()).ok().flatten();
            assert_eq!(found.as_deref(), Some("abc"), "{text:?}");
        }
    }

    #[test]
    fn an_empty_key_is_none() {
        for text in ["", " ", "\n", "\"\"", "''"] {
            assert!(matches!(key(Some(text), None), Ok(None)));
            assert!(matches!(
                key(None, file_holding(text.as_bytes()).path().to_str()),
                Ok(None)
            ));
        }
        assert!(matches!(key(None, Some("")), Ok(None)));
        assert!(matches!(key(None, None), Ok(None)));
    }

    #[test]
    fn an_empty_variable_does_not_conflict_with_a_file() {
        let file = file_holding(b"abc");
        assert!(matches!(key(Some(""), file.path().to_str()), Ok(Some(_))));
        assert!(matches!(
            key(Some("x"), file.path().to_str()),
            Err(SecretError::Both { .. })
        ));
    }

    #[test]
    fn an_invalid_key_is_refused_without_showing_it() {
        for text in ["Bearer marker", "mar\nker", "m\u{e4}rker", "mar\u{0}ker"] {
            let error = key(Some(text), None).expect_err(text);
            assert!(matches!(error, SecretError::Variable { .. }));
            assert!(!format!("{error} {error:?}").contains("ker\""), "{error:?}");
            let file = file_holding(text.as_bytes());
            assert!(matches!(
                key(None, file.path().to_str()),
                Err(SecretError::File { .. })
            ));
        }
        assert!(matches!(
            key(None, Some("/nowhere/at/all")),
            Err(SecretError::Unreadable { .. })
        ));
        assert!(matches!(
            key(None, file_holding(b"\xff\xfe").path().to_str()),
            Err(SecretError::Unreadable { .. })
        ));
    }
}
