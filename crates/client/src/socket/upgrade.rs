//! Opens a socket: an HTTP request that becomes a WebSocket (RFC 6455, 4.1).
//!
//! `reqwest` sends it, so that proxies and certificates are the same as for tokens. And
//! `tungstenite` would write the request to the log at the level `trace`, with the token.

use inturn_service::{ServiceUrl, SetupError, Tls, cause_of, http_client};
use reqwest::{
    Response, StatusCode, Upgraded, Url,
    header::{
        CONNECTION, HeaderMap, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
        UPGRADE,
    },
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

/// A request for a socket. It has no `Debug`, because its URL contains a token.
pub(crate) struct SocketRequest {
    /// The scheme is http or https. `None` if the address is not valid.
    pub(crate) url: Option<Url>,
    pub(crate) headers: HeaderMap,
    pub(crate) tls: Tls,
}

impl SocketRequest {
    pub(super) async fn open(self) -> Result<WebSocketStream<Upgraded>, OpenSocketError> {
        let url = self.url.ok_or(OpenSocketError::Address)?;
        let origin = url.origin().ascii_serialization();
        let origin: ServiceUrl = origin.parse().map_err(|_| OpenSocketError::Address)?;
        // Of its own, because another client's connections may be closed by now. It has no timeout:
        // the core gives up.
        let client = http_client(&origin, &self.tls)?;
        let client = client.build().map_err(SetupError::from)?;
        let key = generate_key();
        let request = client
            .get(url)
            .headers(self.headers)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let response = request.send().await.map_err(unreachable)?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(OpenSocketError::Refused(response.status()));
        }
        if !is_accepted(&response, &key) {
            return Err(OpenSocketError::NoWebSocket);
        }
        let upgraded = response.upgrade().await.map_err(unreachable)?;
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits())).await)
    }
}

fn is_accepted(response: &Response, key: &str) -> bool {
    let header = |name| response.headers().get(name)?.to_str().ok();
    header(UPGRADE).is_some_and(|it: &str| it.eq_ignore_ascii_case("websocket"))
        && header(SEC_WEBSOCKET_ACCEPT) == Some(&derive_accept_key(key.as_bytes()))
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES))
        // Each chunk is passed to the system at once.
        .write_buffer_size(0)
}

/// Why there is no socket. Never contains the URL.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenSocketError {
    #[error("its address is not valid")]
    Address,
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("the service can't be reached: {0}")]
    Unreachable(String),
    #[error("the service refused the connection ({0})")]
    Refused(StatusCode),
    #[error("the answer is not that of a WebSocket")]
    NoWebSocket,
}

fn unreachable(error: reqwest::Error) -> OpenSocketError {
    OpenSocketError::Unreachable(cause_of(error))
}

/// Largest message that is read into memory. Browsers have no such limit. The service's longest
/// messages have some 100 kB.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;
