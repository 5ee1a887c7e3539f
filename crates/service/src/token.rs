//! Requests to the token endpoint, and tokens.

use std::fmt;

/// A request for a session token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenRequest {
    /// Lifetime of the token in seconds, 1 to 600; a session must be opened within it.
    pub expires_in_seconds: u32,
    /// Maximum duration of the session in seconds, 60 to 10800.
    pub max_session_duration_seconds: u32,
}

impl TokenRequest {
    /// The query of the token endpoint.
    pub fn query(&self) -> String {
        format!(
            "expires_in_seconds={}&max_session_duration_seconds={}",
            self.expires_in_seconds, self.max_session_duration_seconds
        )
    }
}

/// A new token. Its `Debug` hides the token.
pub struct MintedToken {
    /// The token: opaque, and several kilobytes long at the real service.
    pub token: String,
    /// Lifetime of the token in seconds, at most the requested one.
    pub expires_in_seconds: u32,
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedToken")
            .field("expires_in_seconds", &self.expires_in_seconds)
            .finish_non_exhaustive()
    }
}

/// Maximum number of bytes read from a reply. A token has less than three kilobytes.
pub const MAX_REPLY_BYTES: usize = 64 * 1024;
