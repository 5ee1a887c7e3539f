//! The answer of our own `GET /token`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::lenient::{self, or_default, whole_u32};

/// Header of `GET /token` in which the page tells host and port of the address it was opened by.
///
/// A server that serves its own machine alone learns from it that a proxy stands in between; every other
/// server, that no other site's page asks, since such a page can't send it unasked.
pub const PAGE_HOST_HEADER: &str = "x-inturn-host";

/// Everything a client needs to open one session.
///
/// `token` stays where the JavaScript original's page looks for it.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct TokenReply {
    /// Opaque, short-lived, good for one session; several kilobytes long on the real service.
    pub token: String,
    /// Where to connect, without the token: absolute (`wss://…`), or relative to the page when the
    /// local service stands in.
    pub websocket_url: String,
    /// How long the token can open a session, in seconds. It does not limit the session.
    #[serde(default, deserialize_with = "whole_u32")]
    pub expires_in_seconds: u32,
    /// The service ends the session after this many seconds.
    #[serde(default, deserialize_with = "whole_u32")]
    pub max_session_duration_seconds: u32,
    /// What the server knows the recording by, to be told that its session began and that it is over, and to
    /// be asked for the token of its next session (`GET /token?recording=ID`). Whoever knows it can end the
    /// recording.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub recording: Option<String>,
}

impl TokenReply {
    /// Reads the body of an answer.
    ///
    /// Returns `None` if it is not one: somebody else's page, perhaps. Only the token and the address
    /// must be there. A client can do without the rest, so another field that is missing or of an
    /// unexpected type reads as its default.
    pub fn decode(text: &str) -> Option<Self> {
        let reply: Self = lenient::read_text(text)?;
        let is_whole = !reply.token.is_empty() && !reply.websocket_url.is_empty();
        is_whole.then_some(reply)
    }

    /// The socket's URL with the token in its query, where browsers must put it.
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
    /// Leaves the token out: it must not reach a log by way of `{:?}`.
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
    fn what_is_written_is_read() {
        let reply = reply("local/v3/ws");
        let text = serde_json::to_string(&reply).expect("is written");
        assert_eq!(TokenReply::decode(&text), Some(reply.clone()));
        // The JavaScript original's server knows of no recordings, nor does one that counts none.
        let none = TokenReply {
            recording: None,
            ..reply
        };
        let text = serde_json::to_string(&none).expect("is written");
        assert!(!text.contains("recording"), "{text}");
        assert_eq!(TokenReply::decode(&text), Some(none));
    }

    #[test]
    fn what_opens_no_session_is_no_reply() {
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
    fn an_odd_field_that_nothing_needs_reads_as_its_default() {
        let whole = TokenReply::decode(r#"{"token":"t","websocket_url":"w"}"#);
        assert!(whole.is_some());
        for odd in ["true", r#""soon""#, "{}", "[1]", "null"] {
            for field in ["expires_in_seconds", "max_session_duration_seconds"] {
                let text = format!(r#"{{"token":"t","websocket_url":"w","{field}":{odd}}}"#);
                assert_eq!(TokenReply::decode(&text), whole, "{text}");
            }
        }
        let text = r#"{"token":"t","websocket_url":"w","recording":7}"#;
        assert_eq!(TokenReply::decode(text), whole);
    }

    #[test]
    fn debug_output_holds_no_token() {
        let shown = format!("{:?}", reply("local/v3/ws"));
        assert!(!shown.contains("a+b") && !shown.contains("AbC"), "{shown}");
    }
}
