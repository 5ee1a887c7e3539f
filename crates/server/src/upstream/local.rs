//! The local service: the emulator, in this very process.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderValue, Request, Uri, header},
};
use inturn_emulator::{Emulator, Options, OptionsError, RecogniserChoice, RecogniserKind};
use ring::rand::{SecureRandom, SystemRandom};
use tower::ServiceExt;

use super::{InvalidReply, RawReply, TokenRequest, UpstreamError, reply::MAX_BODY_BYTES};

/// The emulator with a key that only this process knows.
///
/// Its token route is mounted for all to see; without the key it hands out nothing, so tokens come
/// by way of `/token` alone, where the limits are.
pub(crate) struct LocalUpstream {
    emulator: Emulator,
    router: Router,
    key: HeaderValue,
}

impl LocalUpstream {
    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// When the recogniser that was asked for is not installed.
    pub(crate) fn new(recogniser: RecogniserChoice) -> Result<Self, LocalError> {
        let (key_text, key) = random_key()?;
        let emulator = Emulator::new(Options {
            api_keys: vec![key_text],
            recogniser,
            ..Options::default()
        })?;
        Ok(Self {
            router: emulator.router(),
            emulator,
            key,
        })
    }

    /// The routes to be mounted.
    pub(crate) fn routes(&self) -> Router {
        self.router.clone()
    }

    /// Closes every session with 1001, as a service that goes away should.
    pub(crate) async fn end_sessions(&self) {
        self.emulator.shut_down().await;
    }

    /// What it hears with.
    pub(crate) fn recogniser(&self) -> RecogniserKind {
        self.emulator.recogniser()
    }

    /// One call to the token route, without a socket in between.
    pub(super) async fn fetch(&self, request: &TokenRequest) -> Result<RawReply, UpstreamError> {
        let gone = |cause: &dyn std::fmt::Display| UpstreamError::Unreachable {
            cause: cause.to_string(),
        };
        let mut call = Request::new(Body::empty());
        *call.uri_mut() = Uri::try_from(format!("/v3/token?{}", request.query()))
            .map_err(|error| gone(&error))?;
        call.headers_mut()
            .insert(header::AUTHORIZATION, self.key.clone());
        let response = match self.router.clone().oneshot(call).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
        let body = to_bytes(response.into_body(), MAX_BODY_BYTES)
            .await
            .map_err(|_| UpstreamError::InvalidReply(InvalidReply::TooLarge))?;
        Ok(RawReply {
            status,
            retry_after,
            body: body.to_vec(),
            key: self.key.clone(),
        })
    }
}

/// Why the local service can't stand in.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The emulator refused its options.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The system gave no random bytes for the key.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

/// 256 random bits in hexadecimal, as text for the emulator and as the header that carries it.
fn random_key() -> Result<(String, HeaderValue), LocalError> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| LocalError::NoRandomness)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut header = HeaderValue::from_str(&text).map_err(|_| LocalError::NoRandomness)?;
    header.set_sensitive(true);
    Ok((text, header))
}
