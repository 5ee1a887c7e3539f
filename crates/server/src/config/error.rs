use super::secret::SecretError;

/// Why the server can't be started as it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not a failure: the text that `--help` or `--version` asked for.
    #[error("{0}")]
    Help(String),
    /// One sentence that names the flag or the variable.
    #[error("{0}")]
    Flag(String),
    /// The key, or another secret, can't be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
}
