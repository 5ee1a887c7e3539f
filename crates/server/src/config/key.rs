use std::{ffi::OsString, fmt, fs::File, io, io::Read, path::PathBuf};

use axum::http::HeaderValue;

/// The key of an account, fit to be sent and never to be shown.
///
/// It has no `Display`, its `Debug` hides it, and the header it becomes is marked sensitive.
#[derive(Clone)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// Takes a key as a person wrote it: white space around it goes, and nothing left is no key.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] when it holds what no key holds.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidKey> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() > MAX_KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidKey);
        }
        let mut header = HeaderValue::from_str(text).map_err(|_| InvalidKey)?;
        header.set_sensitive(true);
        Ok(Some(Self(header)))
    }

    /// The key from `ASSEMBLYAI_API_KEY`, or from the file that `ASSEMBLYAI_API_KEY_FILE` names.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when both are set, or the one that is set can't be used.
    pub fn from_environment() -> Result<Option<Self>, KeyError> {
        Self::from_sources(
            std::env::var_os(KEY_VARIABLE),
            std::env::var_os(FILE_VARIABLE),
        )
    }

    fn from_sources(
        value: Option<OsString>,
        file: Option<OsString>,
    ) -> Result<Option<Self>, KeyError> {
        let value = match value {
            Some(value) => {
                let text = value.to_str().ok_or(KeyError::Variable)?;
                Self::parse(text).map_err(|InvalidKey| KeyError::Variable)?
            }
            None => None,
        };
        let path = file.filter(|path| !path.is_empty()).map(PathBuf::from);
        match (value, path) {
            (Some(_), Some(_)) => Err(KeyError::Both),
            (value, None) => Ok(value),
            (None, Some(path)) => {
                let text = read_small(&path).map_err(|source| KeyError::Unreadable {
                    path: path.clone(),
                    source,
                })?;
                Self::parse(&text).map_err(|InvalidKey| KeyError::File { path })
            }
        }
    }

    /// The value of the `Authorization` header: the bare key.
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

/// The text holds what no key holds: white space or control characters within, or far too much.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a key")]
pub struct InvalidKey;

/// Why a key can't be used; names the variable, never the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Two sources, which may disagree.
    #[error("{KEY_VARIABLE} and {FILE_VARIABLE} are both set: unset one of them.")]
    Both,
    /// The variable's value can't be a key.
    #[error(
        "{KEY_VARIABLE} does not hold a key: it must be one word of plain characters, without \"Bearer\" before it."
    )]
    Variable,
    /// The file's text can't be a key.
    #[error("The file {} that {FILE_VARIABLE} names does not hold a key: it must be one word of plain characters.", path.display())]
    File {
        /// The file.
        path: PathBuf,
    },
    /// The file can't be read.
    #[error("The file {} that {FILE_VARIABLE} names can't be read: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn read_small(path: &PathBuf) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_KEY_BYTES as u64 * 2)
        .read_to_string(&mut text)?;
    Ok(text)
}

const KEY_VARIABLE: &str = "ASSEMBLYAI_API_KEY";
const FILE_VARIABLE: &str = "ASSEMBLYAI_API_KEY_FILE";

/// Real keys have 32 characters; a kilobyte leaves room for any and still fits every header limit.
const MAX_KEY_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: Option<&str>, file: Option<&str>) -> Result<Option<String>, KeyError> {
        ApiKey::from_sources(value.map(OsString::from), file.map(OsString::from))
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
    fn an_empty_key_is_none() {
        for text in ["", " ", "\n"] {
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
    fn an_empty_variable_beside_a_file_is_no_conflict() {
        let file = file_holding(b"abc");
        assert!(matches!(key(Some(""), file.path().to_str()), Ok(Some(_))));
        assert!(matches!(
            key(Some("x"), file.path().to_str()),
            Err(KeyError::Both)
        ));
    }

    #[test]
    fn what_no_key_holds_is_refused_without_showing_it() {
        for text in ["Bearer marker", "mar\nker", "m\u{e4}rker", "mar\u{0}ker"] {
            let error = key(Some(text), None).expect_err(text);
            assert!(matches!(error, KeyError::Variable));
            assert!(!format!("{error} {error:?}").contains("ker\""), "{error:?}");
            let file = file_holding(text.as_bytes());
            assert!(matches!(
                key(None, file.path().to_str()),
                Err(KeyError::File { .. })
            ));
        }
        assert!(matches!(
            key(None, Some("/nowhere/at/all")),
            Err(KeyError::Unreadable { .. })
        ));
        assert!(matches!(
            key(None, file_holding(b"\xff\xfe").path().to_str()),
            Err(KeyError::Unreadable { .. })
        ));
    }

    #[test]
    fn a_key_cannot_be_printed() {
        let key = ApiKey::parse("marker").ok().flatten().expect("a key");
        assert!(!format!("{key:?} {:?}", key.header()).contains("marker"));
    }
}
