//! Decoding of our server's answer to a token request.

use inturn_protocol::{ErrorCode, ErrorEnvelope, JsonParser, SpeechModel, TokenReply};

use crate::{problem::TokenFailure, sign_in::is_sign_in};

/// Distinguishes a token, an error from our server, and a page from another server.
pub(super) fn read(
    status: u16,
    body: &str,
    parser: JsonParser,
) -> Result<TokenReply, TokenFailure> {
    let json = parser.parse(body).ok();
    if (200..300).contains(&status)
        && let Some(reply) = json.as_ref().and_then(TokenReply::from_json)
    {
        return Ok(reply);
    }
    Err(match json.as_ref().and_then(ErrorEnvelope::from_json) {
        Some(envelope) => TokenFailure::Refused {
            code: envelope.code,
            retry_after_secs: envelope.retry_after_seconds,
        },
        None if is_sign_in(status, body, None) => TokenFailure::Refused {
            code: ErrorCode::SignInNeeded,
            retry_after_secs: None,
        },
        None => TokenFailure::Unreadable,
    })
}

/// Returns the model that `websocket_url` requests. Ignores the rest of the query: the service
/// validates it, and may know models and values that this client does not know.
pub(super) fn model(websocket_url: &str) -> SpeechModel {
    let query = websocket_url.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("speech_model="))
        .map_or_else(SpeechModel::default, SpeechModel::new)
}
