//! The response of our own `GET /token`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    json::Json,
    lenient::{self, or_default, whole_u32},
};

/// Header of `GET /token` in which the page sends the host and the port of its own address.
///
/// A server that serves only its own machine detects a proxy with it. Every other server uses it to
/// exclude pages of other sites, which cannot send this header without the server's consent (CORS).
pub const PAGE_HOST_HEADER: &str = "x-inturn-host";

/// The names of the cookie of a sign-in. Browsers enforce the prefixes of the latter two: a
/// response by plain http can't set these cookies, and `__Host-` is for this very host only.
/// <https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-cookie-name-prefixes>
pub const SIGN_IN_COOKIES: [&str; 3] = [
    "inturn_sign_in",
    "__Secure-inturn_sign_in",
    "__Host-inturn_sign_in",
];

/// Everything a client needs to open a session.
///
/// The field `token` keeps the name that the JavaScript original's page expects.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct TokenReply {
    /// The opaque, short-lived token for one session. The real service's tokens have several
    /// kilobytes.
    pub token: String,
    /// The socket's URL without the token: absolute (`wss://…`), or relative to the page for the
    /// local service.
    pub websocket_url: String,
    /// Time until the token expires, in seconds. It does not limit the session.
    #[serde(deserialize_with = "whole_u32")]
    pub expires_in_seconds: u32,
    /// The service ends the session after this many seconds.
    #[serde(deserialize_with = "whole_u32")]
    pub max_session_duration_seconds: u32,
    /// The server's id of the recording (its lease). The page uses it to report that the session
    /// began, to release the lease, and to request the token of the next session (`GET
    /// /token?recording=ID`). It is a secret: anyone who has it can release the lease.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub recording: Option<String>,
}

impl TokenReply {
    /// Decodes a response body.
    ///
    /// Returns `None` if the body is not a reply, for example the page of another server. Only the
    /// token and the URL are required. A client does not need the other fields, so one that is
    /// missing or of an unexpected type gets its default.
    pub fn decode(text: &str) -> Option<Self> {
        Self::from_json(&Json::parse(text).ok()?)
    }

    /// Like [`TokenReply::decode`], for a body that is parsed already.
    pub fn from_json(json: &Json) -> Option<Self> {
        let reply: Self = lenient::read(json)?;
        let is_complete = !reply.token.is_empty() && !reply.websocket_url.is_empty();
        is_complete.then_some(reply)
    }

    /// Returns the socket's URL with the token in its query. Browsers cannot send it in a header.
    pub fn socket_url(&self) -> String {
        let separator = if self.websocket_url.contains('?') {
            '&'
        } else {
            '?'
        };
        let token: String = form_urlencoded::byte_serialize(self.token.as_bytes()).collect();
        format!("{}{separator}token={token}", self.websocket_url)
    }
}

impl fmt::Debug for TokenReply {
    /// Omits the token, so that `{:?}` cannot write it to a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenReply")
            .field("websocket_url", &self.websocket_url)
            .field("expires_in_seconds", &self.expires_in_seconds)
            .field(
                "max_session_duration_seconds",
                &self.max_session_duration_seconds,
            )
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(websocket_url: &str) -> TokenReply {
        TokenReply {
            token: "a+b/c=&d".to_owned(),
            websocket_url: websocket_url.to_owned(),
            expires_in_seconds: 60,
            max_session_duration_seconds: 10_800,
            recording: Some("AbC-_".to_owned()),
        }
    }

    #[test]
    fn the_token_is_escaped_into_the_query() {
        let with_query = reply("wss://example.test/v3/ws?sample_rate=16000").socket_url();
        assert_eq!(
            with_query,
            "wss://example.test/v3/ws?sample_rate=16000&token=a%2Bb%2Fc%3D%26d"
        );
        assert_eq!(
            reply("local/v3/ws").socket_url(),
            "local/v3/ws?token=a%2Bb%2Fc%3D%26d"
        );
    }

    #[test]
    fn a_reply_survives_a_round_trip() {
        let reply = reply("local/v3/ws");
        let text = serde_json::to_string(&reply).expect("it serializes");
        assert_eq!(TokenReply::decode(&text), Some(reply.clone()));
        // The JavaScript original's server sends no `recording`, and nor does a server without
        // limits.
        let none = TokenReply {
            recording: None,
            ..reply
        };
        let text = serde_json::to_string(&none).expect("it serializes");
        assert!(!text.contains("recording"), "{text}");
        assert_eq!(TokenReply::decode(&text), Some(none));
    }

    #[test]
    fn an_incomplete_reply_is_rejected() {
        for text in [
            "",
            "<html></html>",
            "[]",
            r#"{"token":"t"}"#,
            r#"{"token":"","websocket_url":"w"}"#,
            r#"{"token":"t","websocket_url":""}"#,
            r#"{"token":7,"websocket_url":"w"}"#,
            r#"{"token":"t","websocket_url":["w"]}"#,
        ] {
            assert_eq!(TokenReply::decode(text), None, "{text}");
        }
    }

    #[test]
    fn an_odd_optional_field_gets_its_default() {
        let complete = TokenReply::decode(r#"{"token":"t","websocket_url":"w"}"#);
        assert!(complete.is_some());
        for odd in ["true", r#""soon""#, "{}", "[1]", "null"] {
            for field in ["expires_in_seconds", "max_session_duration_seconds"] {
                let text = format!(r#"{{"token":"t","websocket_url":"w","{field}":{odd}}}"#);
                assert_eq!(TokenReply::decode(&text), complete, "{text}");
            }
        }
        let text = r#"{"token":"t","websocket_url":"w","recording":7}"#;
        assert_eq!(TokenReply::decode(text), complete);
    }

    #[test]
    fn debug_output_omits_the_token() {
        let shown = format!("{:?}", reply("local/v3/ws"));
        assert!(!shown.contains("a+b") && !shown.contains("AbC"), "{shown}");
    }
}
