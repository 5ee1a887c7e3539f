//! Why settings can't be used.

use crate::secret::SecretError;

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not an error: the text for `--help` or `--version`.
    #[error("{0}")]
    Help(String),
    /// A bad flag or variable; one sentence that names it.
    #[error("{0}")]
    Flag(String),
    /// The key, or another secret, can't be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
}
