//! The answer of our own `GET /token`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Everything a client needs to open one session.
///
/// `token` stays where the JavaScript original's page looks for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenReply {
    /// Opaque, short-lived, good for one session; several kilobytes long on the real service.
    pub token: String,
    /// Where to connect, without the token: absolute (`wss://…`), or relative to the page when the
    /// local service stands in.
    pub websocket_url: String,
    /// How long the token can open a session, in seconds. It does not limit the session.
    pub expires_in_seconds: u32,
    /// The service ends the session after this many seconds.
    pub max_session_duration_seconds: u32,
}

impl TokenReply {
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
    fn debug_output_holds_no_token() {
        assert!(!format!("{:?}", reply("local/v3/ws")).contains("a+b"));
    }
}
