//! Detection of an expired sign-in.

use inturn_protocol::{ErrorCode, ErrorEnvelope};

/// Returns `true` if our server or a proxy answered a request with a sign-in instead of the
/// requested resource. `envelope` is the body, if it is one.
pub fn is_sign_in(status: u16, body: &str, envelope: Option<&ErrorEnvelope>) -> bool {
    if let Some(envelope) = envelope {
        return envelope.code == ErrorCode::SignInNeeded;
    }
    match status {
        // A redirect that was not followed has the status 0,
        // https://fetch.spec.whatwg.org/#http-redirect-fetch.
        0 | 300..=399 | 401 | 403 => true,
        // A sign-in page is not JSON. JSON comes from another server, or from another version of
        // ours.
        200..=299 => !body.trim_ascii_start().starts_with(['{', '[']),
        _ => false,
    }
}
