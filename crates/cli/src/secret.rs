//! Secrets, which come from a variable or from a file that a variable names.

use std::{ffi::OsString, fmt, fs::File, io, io::Read, path::PathBuf};

/// The sources of a secret: a variable, or a file named by a variable. Secrets have no flags,
/// because flags are visible in the list of processes.
#[derive(Clone, Copy, Debug)]
pub struct SecretSource {
    /// The noun for error messages: `a key`.
    pub what: &'static str,
    /// The required form, for error messages.
    pub form: &'static str,
    /// The variable that holds the secret.
    pub variable: &'static str,
    /// The variable that names the file.
    pub file_variable: &'static str,
    /// The maximum length.
    pub max_bytes: usize,
}

impl SecretSource {
    /// Reads the secret with `parse`, which must return `None` for an empty text.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if both are set, or if the one that is set can't be used.
    pub fn read<T, E>(
        self,
        parse: impl Fn(&str) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, SecretError> {
        self.read_from(
            std::env::var_os(self.variable),
            std::env::var_os(self.file_variable),
            parse,
        )
    }

    /// Like [`read`](Self::read), with the values of the two variables.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_from<T, E>(
        self,
        value: Option<OsString>,
        file: Option<OsString>,
        parse: impl Fn(&str) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, SecretError> {
        let Self {
            what,
            form,
            variable,
            file_variable,
            ..
        } = self;
        let wrong = SecretError::Variable {
            variable,
            what,
            form,
        };
        let value = match value {
            Some(value) => match value.to_str().map(&parse) {
                Some(Ok(value)) => value,
                Some(Err(_)) | None => return Err(wrong),
            },
            None => None,
        };
        let path = file.filter(|path| !path.is_empty()).map(PathBuf::from);
        match (value, path) {
            (Some(_), Some(_)) => Err(SecretError::Both {
                variable,
                file_variable,
            }),
            (value, None) => Ok(value),
            (None, Some(path)) => {
                let text = self.read_small(&path).map_err(|source| {
                    let path = path.clone();
                    SecretError::Unreadable {
                        path,
                        file_variable,
                        source,
                    }
                })?;
                parse(&text).map_err(|_| SecretError::File {
                    path,
                    file_variable,
                    what,
                    form,
                })
            }
        }
    }

    fn read_small(self, path: &PathBuf) -> io::Result<String> {
        let mut text = String::new();
        // Twice the maximum, which leaves room for white space around the secret.
        File::open(path)?
            .take(self.max_bytes as u64 * 2)
            .read_to_string(&mut text)?;
        Ok(text)
    }
}

/// The variables of all programs that name files of secrets.
pub const FILE_VARIABLES: [&str; 7] = [
    "ASSEMBLYAI_API_KEY_FILE",
    "INTURN_PROXY_SECRET_FILE",
    "INTURN_PASSWORD_HASH_FILE",
    "INTURN_SIGN_IN_SECRET_FILE",
    "INTURN_LIMITS_REDIS_FILE",
    "INTURN_SERVER_HEADERS_FILE",
    "INTURN_SERVER_PASSPHRASE_FILE",
];

/// Why a secret can't be used. Contains the variable's name, never the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Both sources are set.
    #[error("{variable} and {file_variable} are both set: unset one of them.")]
    Both {
        /// The variable that holds the secret.
        variable: &'static str,
        /// The variable that names the file.
        file_variable: &'static str,
    },
    /// The variable's value is not valid.
    #[error("{variable} does not hold {what}: it must be {form}.")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// What it should hold.
        what: &'static str,
        /// The required form.
        form: &'static str,
    },
    /// The file's content is not valid.
    #[error(
        "The file {} in {file_variable} does not hold {what}: it must be {form}.",
        path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// The variable that names it.
        file_variable: &'static str,
        /// What it should hold.
        what: &'static str,
        /// The required form.
        form: &'static str,
    },
    /// The file can't be read.
    #[error("The file {} in {file_variable} can't be read: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The variable that names it.
        file_variable: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

/// A secret of at least sixteen characters. `Debug` hides it, and there is no `Display`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Parses a secret after trimming white space. Returns `None` for an empty text.
    ///
    /// # Errors
    ///
    /// [`InvalidSecret`] if it is too short, too long, or not valid in an HTTP header.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidSecret> {
        let text = text.trim();
        match text.len() {
            0 => Ok(None),
            MIN_SECRET_BYTES..=MAX_SECRET_BYTES
                if text.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Some(Self(text.to_owned())))
            }
            _ => Err(InvalidSecret),
        }
    }

    /// The secret.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// The text is too short, too long, or contains characters that are not allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a secret")]
pub struct InvalidSecret;

/// 64 bits even if all characters are hexadecimal digits, which can't be guessed over a network.
const MIN_SECRET_BYTES: usize = 16;

/// Fits every header limit; a hash has about a hundred bytes.
pub const MAX_SECRET_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_enough_and_never_shown() {
        let secret = Secret::parse(" marker-0123456789\n");
        let secret = secret.expect("a secret").expect("one");
        assert_eq!(secret.bytes(), b"marker-0123456789");
        assert!(!format!("{secret:?}").contains("marker"));
        assert!(matches!(Secret::parse(" \n"), Ok(None)));
        for text in [
            "short",
            "two words of enough length",
            "um\u{e4}0123456789abcdef",
        ] {
            assert_eq!(Secret::parse(text).err(), Some(InvalidSecret), "{text}");
        }
    }
}
