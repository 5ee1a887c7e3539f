//! The hash of the passphrase (`INTURN_PASSWORD_HASH`).

use std::fmt;

use argon2::{Params, password_hash::phc::PasswordHash as Phc};
use inturn_cli::InvalidSecret;

/// The Argon2id hash of a passphrase in PHC string format, which includes parameters and salt.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Parses a hash as printed by `inturn hash-password`. Returns `None` for an empty text.
    ///
    /// # Errors
    ///
    /// [`InvalidSecret`] if it is not such a hash.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidSecret> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if !text.starts_with("$argon2id$") || !is_usable(text) {
            return Err(InvalidSecret);
        }
        Ok(Some(Self(text.to_owned())))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

/// Whether the hash is complete and its parameters are valid for Argon2.
fn is_usable(text: &str) -> bool {
    Phc::new(text).is_ok_and(|hash| {
        hash.hash.is_some() && hash.salt.is_some() && Params::try_from(&hash).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_argon2id_hash_is_accepted() {
        assert!(matches!(PasswordHash::parse("\n"), Ok(None)));
        for text in [
            "hunter2",
            "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe",
            "$argon2id$",
            "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YWFhYWFhYWFhYWE",
            "argon2id=19=8,t=1,p=1",
        ] {
            assert_eq!(
                PasswordHash::parse(text).err(),
                Some(InvalidSecret),
                "{text}"
            );
        }
    }
}
