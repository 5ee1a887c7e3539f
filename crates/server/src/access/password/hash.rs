//! Argon2: making a passphrase's hash, and checking a passphrase against one.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{PasswordHasher, phc::PasswordHash as Phc},
};
use subtle::ConstantTimeEq;

/// The hash of a passphrase, fit for `INTURN_PASSWORD_HASH`.
pub fn hash_password(passphrase: &str) -> Option<String> {
    let hash = Argon2::default().hash_password(passphrase.as_bytes());
    hash.ok().map(|hash| hash.to_string())
}

/// Argon2's working memory, 19 MiB at its defaults, kept for the next passphrase.
///
/// Allocated anew for each, glibc keeps it all the same, and more of it: once it has given back a block
/// as large as this, it takes the next ones from its heap. <https://man7.org/linux/man-pages/man3/mallopt.3.html>,
/// "dynamic mmap threshold".
#[derive(Default)]
pub(super) struct WorkingMemory(Vec<Block>);

#[cfg(test)]
impl WorkingMemory {
    /// Where it lies; `None` before its first use.
    pub(super) fn place(&self) -> Option<*const Block> {
        (self.0.capacity() > 0).then_some(self.0.as_ptr())
    }
}

/// Whether the passphrase is the one of the hash. Takes tens of milliseconds of a core.
pub(super) fn verify(hash: &str, passphrase: &str, memory: &mut WorkingMemory) -> bool {
    let Ok(hash) = Phc::new(hash) else {
        return false;
    };
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
        return false;
    };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str());
    let version = hash
        .version
        .map_or(Ok(Version::default()), Version::try_from);
    let params = Params::try_from(&hash);
    let (Ok(algorithm), Ok(version), Ok(params)) = (algorithm, version, params) else {
        return false;
    };
    memory.0.resize(params.block_count(), Block::default());
    let mut output = vec![0; expected.len()];
    let hashed = Argon2::new(algorithm, version, params).hash_password_into_with_memory(
        passphrase.as_bytes(),
        salt,
        &mut output,
        &mut memory.0,
    );
    hashed.is_ok() && output.ct_eq(expected.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordVerifier;

    use super::*;

    #[test]
    fn memory_that_was_used_before_changes_nothing() {
        let mut memory = WorkingMemory::default();
        let large = hash_password("correct horse").expect("a hash");
        let small = Params::new(64, 1, 1, None).expect("parameters");
        let small = Argon2::new(Algorithm::Argon2id, Version::default(), small);
        let small = small.hash_password(b"battery staple").expect("a hash");
        let small = small.to_string();
        for _ in 0..2 {
            for (hash, passphrase) in [(&large, "correct horse"), (&small, "battery staple")] {
                assert!(verify(hash, passphrase, &mut memory));
                assert!(!verify(hash, "wrong horse", &mut memory));
                // The library's own way agrees.
                let parsed = Phc::new(hash).expect("a hash");
                let verified = Argon2::default().verify_password(passphrase.as_bytes(), &parsed);
                assert!(verified.is_ok());
            }
        }
        for hash in ["", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ"] {
            assert!(!verify(hash, "", &mut memory));
        }
    }
}
