//! Tokens from the service, with an API key.

use std::fmt;

use inturn_client_core::{
    problem::TokenFailure,
    session::{PROBE_TIMEOUT, TOKEN_TIMEOUT},
};
use inturn_protocol::{
    ConnectionParameters, Encoding, MAX_SESSION_SECS, SAMPLE_RATE_HZ, TokenReply,
};
use inturn_service::{
    ApiKey, CALL_TIMEOUT, ServiceClient, ServiceError, ServiceUrl, SetupError, Tls, TokenRequest,
};

use super::answer::Answer;

/// Tokens from the service itself, with an API key. `Debug` hides the key and the parameters, which
/// may contain secrets.
#[derive(Clone)]
pub struct ServiceTokens {
    url: ServiceUrl,
    key: ApiKey,
    parameters: ConnectionParameters,
    max_session_secs: u32,
}

impl ServiceTokens {
    /// Requests tokens from the service at `url`, for sessions with these parameters. The audio's
    /// rate and encoding are those of a recording, whatever they say. Unless they say otherwise,
    /// the service sends heartbeats, which show that a session without words is alive.
    pub fn new(url: ServiceUrl, key: ApiKey, parameters: ConnectionParameters) -> Self {
        Self {
            url,
            key,
            parameters: ConnectionParameters {
                speech_model: Some(parameters.speech_model.unwrap_or_default()),
                sample_rate: Some(SAMPLE_RATE_HZ),
                encoding: Some(Encoding::PcmS16le),
                session_heartbeat: Some(parameters.session_heartbeat.unwrap_or(true)),
                token: None,
                ..parameters
            },
            max_session_secs: MAX_SESSION_SECS,
        }
    }

    /// Limits the length of a session, in seconds from 60 to 10800, the default. Before its end,
    /// the recording goes on with another one.
    #[must_use]
    pub fn with_max_session_secs(mut self, secs: u32) -> Self {
        self.max_session_secs = secs;
        self
    }
}

impl fmt::Debug for ServiceTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceTokens")
            .field("url", &self.url)
            .field("max_session_secs", &self.max_session_secs)
            .finish_non_exhaustive()
    }
}

/// The requests of a recording to the service.
pub(crate) struct TokenClient {
    client: Result<ServiceClient, SetupError>,
    websocket_url: String,
    request: TokenRequest,
}

impl TokenClient {
    pub(super) fn new(tokens: ServiceTokens, tls: &Tls) -> Self {
        Self {
            client: ServiceClient::with_tls(&tokens.url, &tokens.key, tls.clone()),
            websocket_url: tokens.url.session_url(&tokens.parameters),
            request: TokenRequest {
                expires_in_seconds: TOKEN_SECS,
                max_session_duration_seconds: tokens.max_session_secs,
            },
        }
    }

    /// Requests a token, and answers as our server would.
    pub(super) async fn fetch(&self) -> Answer {
        let client = match &self.client {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(target: "inturn_client", %error, "no connection is possible");
                return Answer::Failed(TokenFailure::Unreachable);
            }
        };
        let minted = match client.mint(&self.request, CALL_TIMEOUT).await {
            Ok(minted) => minted,
            Err(error) => {
                tracing::warn!(target: "inturn_client", cause = %error, "no token");
                return Answer::Failed(failure(&error));
            }
        };
        let reply = TokenReply {
            token: minted.token,
            websocket_url: self.websocket_url.clone(),
            expires_in_seconds: minted.expires_in_seconds,
            max_session_duration_seconds: self.request.max_session_duration_seconds,
            recording: None,
        };
        match serde_json::to_string(&reply) {
            Ok(body) => Answer::Reply { status: 200, body },
            Err(_) => Answer::Failed(TokenFailure::Unreadable),
        }
    }

    pub(super) async fn probe(&self) -> bool {
        match &self.client {
            Ok(client) => client.probe(4 * PROBE_TIMEOUT).await.is_ok(),
            Err(_) => false,
        }
    }
}

/// Without an answer of the service, it is the network that is missing.
fn failure(error: &ServiceError) -> TokenFailure {
    match error {
        ServiceError::Unreachable { .. } => TokenFailure::Unreachable,
        ServiceError::TimedOut => TokenFailure::TimedOut,
        error => TokenFailure::Refused {
            code: error.code(),
            retry_after_secs: error.retry_after_seconds(),
        },
    }
}

/// Lifetime of a token, in seconds: the core gives up opening a socket after ten seconds.
const TOKEN_SECS: u32 = 30;

const _: () = assert!(CALL_TIMEOUT.as_secs() < TOKEN_TIMEOUT.as_secs());
