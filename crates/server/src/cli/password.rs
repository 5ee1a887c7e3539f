//! Reads a passphrase for `inturn hash-password`.

use std::io::{self, BufRead, IsTerminal};

/// Reads a passphrase from standard input: twice and without echo from a terminal, else one line.
///
/// # Errors
///
/// [`PassphraseError`], whose message says what to do.
pub fn read_passphrase() -> Result<String, PassphraseError> {
    let passphrase = if io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Passphrase: ")?;
        let second = rpassword::prompt_password("Passphrase again: ")?;
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

/// Why the passphrase can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// The two inputs differ.
    #[error("The two passphrases differ: try again.")]
    Differ,
    /// The passphrase is easy to guess.
    #[error("A passphrase needs at least {MIN_CHARS} characters; four words make a good one.")]
    Short,
    /// Standard input can't be read.
    #[error("The passphrase can't be read: {0}.")]
    Unreadable(#[from] io::Error),
}

/// Ten attempts in five minutes can't guess a passphrase of this length, unless it is a word.
const MIN_CHARS: usize = 8;
