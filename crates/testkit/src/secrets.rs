//! The secrets of all tests. Each holds the mark of its kind, by which [`search()`](crate::search())
//! knows it wherever it turns up.

/// A key that no log and no answer may hold.
pub const KEY: &str = "key-marker-4f1d";

/// A token of a service that is a fake.
pub const TOKEN: &str = "token-marker-93ab";

/// What lets people in.
pub const PASSPHRASE: &str = "passphrase-marker";

/// What a proxy repeats.
pub const PROXY: &str = "proxy-marker-0123456789";

/// What sign-ins are signed with.
pub const SIGN_IN: &str = "sign-in-marker-0123456789";

/// What lets a server into a Redis.
pub const REDIS: &str = "redis-marker-77b2";

/// What somebody types who is asked by a proxy.
pub const PASSWORD: &str = "password-marker";

/// What a service wrote that failed.
pub const UPSTREAM: &str = "upstream-marker";

/// Each kind, and the mark of its secrets.
pub(crate) const MARKS: [(&str, &str); 10] = [
    ("an API key", "key-marker"),
    ("a token", "token-marker"),
    ("the passphrase", "passphrase-marker"),
    ("a passphrase's hash", "$argon2"),
    ("a proxy's secret", "proxy-marker"),
    ("the secret that signs sign-ins", "sign-in-marker"),
    ("a password of Redis", "redis-marker"),
    ("a password of somebody at a proxy", "password-marker"),
    // The same, as it goes over the wire: `ada:` and `bob:` before it.
    ("a password of somebody at a proxy", "OnBhc3N3b3JkLW1hcmtlc"),
    ("what the service wrote", "upstream-marker"),
];

/// Whether a word has the form of a secret that is made while the tests run, and of which kind.
pub(crate) fn kind_of(word: &str) -> Option<&'static str> {
    if word.len() >= TOKEN_CHARACTERS && word.starts_with(TOKEN_BEGINS) && !word.contains('.') {
        return Some("a token");
    }
    // `until.nonce.mark`
    let parts: Vec<&str> = word.split('.').collect();
    let is_sign_in = parts.windows(3).any(|parts| {
        parts[0].len() == 10
            && parts[0].bytes().all(|byte| byte.is_ascii_digit())
            && (parts[1].len(), parts[2].len()) == (22, 43)
    });
    is_sign_in.then_some("somebody's sign-in")
}

/// What may be part of such a word.
pub(crate) fn is_in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// How the service's tokens begin, and the emulator's with them.
const TOKEN_BEGINS: &str = "AQI";

/// They have more than two thousand characters. Of so many there is no hash, and no id.
const TOKEN_CHARACTERS: usize = 48;
