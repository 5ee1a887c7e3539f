//! The local service: the emulator, in this very process.

use std::{
    fmt, thread,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderValue, Request, Uri, header},
};
use inturn_emulator::{Emulator, Limits, Options, OptionsError, RecogniserKind, TokenOwner};
use inturn_service::{
    InvalidReply, MAX_REPLY_BYTES, MintedToken, RawReply, ServiceError, TokenRequest,
};
use ring::rand::{SecureRandom, SystemRandom};
use tower::ServiceExt;

use crate::config::{AuthMode, Config};

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
    pub(crate) fn new(config: &Config) -> Result<Self, LocalError> {
        let (key_text, key) = random_key()?;
        let emulator = Emulator::new(Options {
            api_keys: vec![key_text],
            recogniser: config.local.recogniser,
            limits: limits(config),
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

    /// Asks for one token, in `timeout` at most. Sessions with the token count as `owner`'s.
    pub(super) async fn mint(
        &self,
        request: &TokenRequest,
        owner: &(dyn fmt::Display + Sync),
        timeout: Duration,
    ) -> Result<MintedToken, ServiceError> {
        let reply = tokio::time::timeout(timeout, self.fetch(request, owner))
            .await
            .unwrap_or(Err(ServiceError::TimedOut))?;
        reply.token(request, SystemTime::now())
    }

    /// One call to the token route, without a socket in between.
    async fn fetch(
        &self,
        request: &TokenRequest,
        owner: &(dyn fmt::Display + Sync),
    ) -> Result<RawReply, ServiceError> {
        let gone = |cause: &dyn fmt::Display| ServiceError::Unreachable {
            cause: cause.to_string(),
        };
        let mut call = Request::new(Body::empty());
        *call.uri_mut() = Uri::try_from(format!("/v3/token?{}", request.query()))
            .map_err(|error| gone(&error))?;
        call.headers_mut()
            .insert(header::AUTHORIZATION, self.key.clone());
        call.extensions_mut()
            .insert(TokenOwner::new(&owner.to_string()));
        let response = match self.router.clone().oneshot(call).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
        let body = to_bytes(response.into_body(), MAX_REPLY_BYTES)
            .await
            .map_err(|_| ServiceError::InvalidReply(InvalidReply::TooLarge))?;
        Ok(RawReply {
            status,
            retry_after,
            body: body.to_vec(),
            key: self.key.clone(),
        })
    }
}

/// Keeps one person's sockets, silent ones among them, from taking all that others need.
fn limits(config: &Config) -> Limits {
    // What PocketSphinx can keep up with.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let per_person = match (config.local.local_person_sessions, config.access.auth) {
        (Some(count), _) => Some(usize::from(count)),
        // Everybody is the person at this machine.
        (None, AuthMode::Loopback) => None,
        (None, AuthMode::Proxy | AuthMode::Password | AuthMode::Open) => Some(cores.max(HAND_OVER)),
    };
    Limits {
        // Room for one more person at the least.
        decoders: Some((2 * cores).max(per_person.unwrap_or_default() + HAND_OVER)),
        sessions_per_owner: per_person,
        max_inactivity_secs: Some(config.session.inactivity_timeout_seconds),
        ..Limits::default()
    }
}

/// A recording has two sessions for a moment when it changes from one to the next.
const HAND_OVER: usize = 2;

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
