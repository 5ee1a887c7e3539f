//! What is asked of the token endpoint, and what it gives.

use std::fmt;

/// One request for a session token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenRequest {
    /// How long the token may wait for its session, in seconds: 1 to 600.
    pub expires_in_seconds: u32,
    /// How long that session may last, in seconds: 60 to 10800.
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

/// A fresh token. Its `Debug` hides the token.
pub struct MintedToken {
    /// The token itself: opaque, and several kilobytes long at the real service.
    pub token: String,
    /// How long the token can open a session, in seconds. Never more than was asked for.
    pub expires_in_seconds: u32,
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedToken")
            .field("expires_in_seconds", &self.expires_in_seconds)
            .finish_non_exhaustive()
    }
}

/// The most that is read of a reply. A token has under three kilobytes; the rest of the JSON and
/// any error body fit many times over.
pub const MAX_REPLY_BYTES: usize = 64 * 1024;
