//! The secrets that all tests use.
//!
//! Each contains the marker of its kind, by which [`search()`](crate::search()) finds it anywhere.

/// API key of the speech service.
pub const KEY: &str = "key-marker-4f1d";

/// Token that a fake service hands out.
pub const TOKEN: &str = "token-marker-93ab";

/// Passphrase of the sign-in page.
pub const PASSPHRASE: &str = "passphrase-marker";

/// Secret that a trusted proxy sends with every request.
pub const PROXY: &str = "proxy-marker-0123456789";

/// Secret that signs sign-in cookies.
pub const SIGN_IN: &str = "sign-in-marker-0123456789";

/// Password of Redis.
pub const REDIS: &str = "redis-marker-77b2";

/// Password that a user enters at a proxy.
pub const PASSWORD: &str = "password-marker";

/// Body of an error response of the service.
pub const UPSTREAM: &str = "upstream-marker";

/// Each kind of secret, and the marker that its secrets contain.
pub(crate) const MARKERS: [(&str, &str); 10] = [
    ("an API key", "key-marker"),
    ("a token", "token-marker"),
    ("the passphrase", "passphrase-marker"),
    ("a passphrase's hash", "$argon2"),
    ("a proxy's secret", "proxy-marker"),
    ("the secret that signs sign-ins", "sign-in-marker"),
    ("a password of Redis", "redis-marker"),
    ("a user's password at a proxy", "password-marker"),
    // The same in Base64, as Basic authentication sends it, after `ada:` or `bob:`.
    ("a user's password at a proxy", "OnBhc3N3b3JkLW1hcmtlc"),
    ("the body of the service's response", "upstream-marker"),
];

/// Returns the kind of a generated secret if the word has the form of one.
pub(crate) fn generated_kind(word: &str) -> Option<&'static str> {
    if word.len() >= TOKEN_CHARACTERS && word.starts_with(TOKEN_PREFIX) && !word.contains('.') {
        return Some("a token");
    }
    // `until.nonce.mark`
    let parts: Vec<&str> = word.split('.').collect();
    let is_sign_in = parts.windows(3).any(|parts| {
        parts[0].len() == 10
            && parts[0].bytes().all(|byte| byte.is_ascii_digit())
            && (parts[1].len(), parts[2].len()) == (22, 43)
    });
    is_sign_in.then_some("a sign-in cookie")
}

/// Whether a generated secret can contain this byte.
pub(crate) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// First letters of the tokens of the service and of the emulator.
const TOKEN_PREFIX: &str = "AQI";

/// Shortest part of a token that is found. Whole tokens have more than 2000 characters; hashes and
/// ids that begin with the same letters are shorter than this.
const TOKEN_CHARACTERS: usize = 48;
