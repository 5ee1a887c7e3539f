//! Reading our server's answer to a request for a token.

use inturn_protocol::{ErrorEnvelope, TokenReply};

use crate::problem::TokenFailure;

/// Tells a token from an error of ours and from somebody else's page.
pub(super) fn read(status: u16, body: &str) -> Result<TokenReply, TokenFailure> {
    if (200..300).contains(&status) {
        return match serde_json::from_str::<TokenReply>(body) {
            Ok(reply) if !reply.token.is_empty() && !reply.websocket_url.is_empty() => Ok(reply),
            _ => Err(TokenFailure::Unreadable),
        };
    }
    match serde_json::from_str::<ErrorEnvelope>(body) {
        Ok(envelope) => Err(TokenFailure::Refused {
            code: envelope.code,
            retry_after_secs: envelope.retry_after_seconds,
        }),
        Err(_) => Err(TokenFailure::Unreadable),
    }
}
