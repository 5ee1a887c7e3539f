//! Interprets replies of the token endpoint. Does no I/O.

use std::{borrow::Cow, time::SystemTime};

use reqwest::{StatusCode, header::HeaderValue};
use serde::Deserialize;

use crate::{
    error::{InvalidReply, ServiceError},
    token::{MintedToken, TokenRequest},
};

/// A reply of the token endpoint, from the network or from a service in the same process.
///
/// It has no `Debug`, because its body contains a token.
pub struct RawReply {
    /// The status.
    pub status: StatusCode,
    /// The `Retry-After` header.
    pub retry_after: Option<HeaderValue>,
    /// The body, at most [`MAX_REPLY_BYTES`](crate::MAX_REPLY_BYTES); may be empty for an error.
    pub body: Vec<u8>,
    /// The key of the call. A token that contains it is refused, because it would go to a browser.
    pub key: HeaderValue,
}

impl RawReply {
    /// Returns the token of a reply to `request`. `now` is needed if `Retry-After` is a date.
    ///
    /// # Errors
    ///
    /// [`ServiceError`] if the status or the body means that there is no token.
    pub fn token(
        &self,
        request: &TokenRequest,
        now: SystemTime,
    ) -> Result<MintedToken, ServiceError> {
        let retry_after_seconds = self
            .retry_after
            .as_ref()
            .and_then(|value| seconds_to_wait(value, now));
        match self.status {
            status if status.is_success() => {
                token(&self.body, request.expires_in_seconds, self.key.as_bytes())
            }
            StatusCode::UNAUTHORIZED => Err(ServiceError::KeyRefused),
            StatusCode::PAYMENT_REQUIRED => Err(ServiceError::PaymentRequired),
            StatusCode::FORBIDDEN => Err(ServiceError::AccountForbidden),
            status @ (StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) => {
                Err(ServiceError::RequestRefused { status })
            }
            StatusCode::TOO_MANY_REQUESTS => Err(ServiceError::RateLimited {
                retry_after_seconds,
            }),
            status if status.is_server_error() => Err(ServiceError::Failed {
                status,
                retry_after_seconds,
            }),
            // Redirects are not followed, because the key would be sent to their target. Like 404,
            // they mean that the service's URL is wrong.
            status => Err(ServiceError::InvalidReply(InvalidReply::Status(status))),
        }
    }
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
    expires_in_seconds: Option<serde_json::Value>,
}

fn token(body: &[u8], requested_expiry: u32, key: &[u8]) -> Result<MintedToken, ServiceError> {
    let invalid = |what| Err(ServiceError::InvalidReply(what));
    let Ok(Body {
        token,
        expires_in_seconds,
    }) = serde_json::from_slice(body)
    else {
        return invalid(InvalidReply::NotJson);
    };
    // Without early return, so that the compiler can vectorize the loop.
    let is_plain = |token: &str| {
        let all = token.bytes().map(|byte| byte.is_ascii_graphic());
        all.fold(true, |plain, this| plain & this)
    };
    if token.is_empty() || token.len() > MAX_TOKEN_BYTES || !is_plain(&token) {
        return invalid(InvalidReply::Token);
    }
    if contains_key(token.as_bytes(), key) {
        return invalid(InvalidReply::ContainsKey);
    }
    let granted = expires_in_seconds
        .and_then(|value| value.as_u64())
        .and_then(|seconds| u32::try_from(seconds).ok())
        .filter(|seconds| *seconds > 0);
    Ok(MintedToken {
        token: token.into_owned(),
        // A longer lifetime than requested is not trusted: a client might then use the token too
        // late.
        expires_in_seconds: granted
            .map_or(requested_expiry, |granted| granted.min(requested_expiry)),
    })
}

/// Whether a token equals or contains the key. A very short key could be part of a token by chance.
fn contains_key(token: &[u8], key: &[u8]) -> bool {
    let is_part = || token.windows(key.len()).any(|part| part == key);
    token == key || (key.len() >= MIN_KEY_BYTES && is_part())
}

/// Parses `Retry-After`, which is a number of seconds or a date (RFC 9110, 10.2.3).
fn seconds_to_wait(value: &HeaderValue, now: SystemTime) -> Option<u32> {
    let text = value.to_str().ok()?.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let until = httpdate::parse_http_date(text).ok()?;
            until
                .duration_since(now)
                .map_or(0, |wait| wait.as_secs().saturating_add(1))
        }
    };
    u32::try_from(seconds.min(MAX_RETRY_AFTER_SECONDS)).ok()
}

/// Maximum length of a token. It must fit into a URL, and common proxies limit a request line to
/// eight kilobytes.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Maximum wait that is passed on; more than a day makes no difference.
const MAX_RETRY_AFTER_SECONDS: u64 = 24 * 60 * 60;

/// Shorter keys are only compared as a whole. Real keys have 32 characters.
const MIN_KEY_BYTES: usize = 8;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn reply(status: u16, body: &str) -> Result<MintedToken, ServiceError> {
        let reply = RawReply {
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: None,
            body: body.as_bytes().to_vec(),
            key: HeaderValue::from_static("0123456789abcdef"),
        };
        let request = TokenRequest {
            expires_in_seconds: 60,
            max_session_duration_seconds: 60,
        };
        reply.token(&request, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn the_expiry_in_the_reply_is_used_up_to_the_requested_one() {
        for (body, expected) in [
            (r#"{"token":"t","expires_in_seconds":20}"#, 20),
            (r#"{"token":"t","expires_in_seconds":600}"#, 60),
            (r#"{"token":"t","expires_in_seconds":"soon","more":[]}"#, 60),
            (r#"{"token":"t","expires_in_seconds":0}"#, 60),
            (r#"{"token":"t","expires_in_seconds":null}"#, 60),
            (r#"{"token":"t"}"#, 60),
        ] {
            let minted = reply(200, body).expect(body);
            assert_eq!(
                (minted.token.as_str(), minted.expires_in_seconds),
                ("t", expected),
                "{body}"
            );
        }
    }

    #[test]
    fn an_invalid_token_is_refused() {
        let long = format!(r#"{{"token":"{}"}}"#, "x".repeat(MAX_TOKEN_BYTES + 1));
        for (body, expected) in [
            ("", InvalidReply::NotJson),
            ("<html>", InvalidReply::NotJson),
            ("{}", InvalidReply::NotJson),
            (r#"{"token":null}"#, InvalidReply::NotJson),
            (r#"{"token":7}"#, InvalidReply::NotJson),
            (r#"{"token":""}"#, InvalidReply::Token),
            (r#"{"token":"a b"}"#, InvalidReply::Token),
            (r#"{"token":"a\nb"}"#, InvalidReply::Token),
            (r#"{"token":"0123456789abcdef"}"#, InvalidReply::ContainsKey),
            (
                r#"{"token":"x0123456789abcdef"}"#,
                InvalidReply::ContainsKey,
            ),
            (
                r#"{"token":"\u00300123456789abcdef"}"#,
                InvalidReply::ContainsKey,
            ),
            (&long, InvalidReply::Token),
        ] {
            match reply(200, body) {
                Err(ServiceError::InvalidReply(what)) => assert_eq!(what, expected, "{body:.40}"),
                other => panic!("{body:.40}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (text, expected) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("99999999999", Some(86_400)),
            ("Mon, 12 Jan 1970 13:46:50 GMT", Some(11)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(
                seconds_to_wait(&HeaderValue::from_static(text), now),
                expected,
                "{text}"
            );
        }
    }
}
