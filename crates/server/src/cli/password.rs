//! Reading a passphrase.

use std::io::{self, BufRead, IsTerminal};

/// Reads a passphrase from standard input: from a person twice and unseen, from a program as one line.
///
/// # Errors
///
/// [`PassphraseError`], whose sentence says what to do.
pub fn read_passphrase() -> Result<String, PassphraseError> {
    let passphrase = if io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Passphrase: ")?;
        let second = rpassword::prompt_password("Once more: ")?;
        if first != second {
            return Err(PassphraseError::Differ);
        }
        first
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        let end = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(end);
        line
    };
    if passphrase.chars().count() < MIN_CHARS {
        return Err(PassphraseError::Short);
    }
    Ok(passphrase)
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// A person typed two of them.
    #[error("Those were two different passphrases: try again.")]
    Differ,
    /// It would be guessed.
    #[error("A passphrase has {MIN_CHARS} characters at least; four words make a good one.")]
    Short,
    /// There is nothing to read from.
    #[error("The passphrase can't be read: {0}.")]
    Unreadable(#[from] io::Error),
}

/// Ten tries in five minutes find no shorter one that isn't a word.
const MIN_CHARS: usize = 8;
