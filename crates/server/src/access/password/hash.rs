//! Argon2: hashes passphrases, and verifies a passphrase against a hash.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{PasswordHasher, phc::PasswordHash as Phc},
};
use subtle::ConstantTimeEq;

/// Hashes a passphrase, in the form that `INTURN_PASSWORD_HASH` takes.
pub fn hash_password(passphrase: &str) -> Option<String> {
    let hash = Argon2::default().hash_password(passphrase.as_bytes());
    hash.ok().map(|hash| hash.to_string())
}

/// Argon2's working memory, 19 MiB by default, which is reused for the next passphrase.
///
/// Allocating it for each passphrase would use more memory: once glibc has freed a block of this
/// size, it allocates further ones from its heap, which it does not return to the system. See
/// "dynamic mmap threshold" in <https://man7.org/linux/man-pages/man3/mallopt.3.html>.
#[derive(Default)]
pub(super) struct WorkingMemory(Vec<Block>);

#[cfg(test)]
impl WorkingMemory {
    /// Returns its address; `None` before the first use.
    pub(super) fn address(&self) -> Option<*const Block> {
        (self.0.capacity() > 0).then_some(self.0.as_ptr())
    }
}

/// Returns `true` if the passphrase matches the hash. Takes tens of milliseconds of CPU time.
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
    fn reused_memory_does_not_change_the_result() {
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
                // The library's own function returns the same.
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
