//! A sign-in that has lapsed.

use inturn_protocol::{ErrorCode, ErrorEnvelope};

/// Returns `true` if a request was answered by a sign-in, of our server or of a proxy, in place of what
/// was asked for.
pub fn is_sign_in(status: u16, body: &str) -> bool {
    if let Some(envelope) = ErrorEnvelope::decode(body) {
        return envelope.code == ErrorCode::SignInNeeded;
    }
    match status {
        // A redirect that was not followed has the status 0, https://fetch.spec.whatwg.org/#http-redirect-fetch.
        0 | 300..=399 | 401 | 403 => true,
        // A sign-in is no JSON: that is another server, or one of another version.
        200..=299 => !body.trim_ascii_start().starts_with(['{', '[']),
        _ => false,
    }
}
