//! The local service: the emulator, mounted in this process.

use std::{
    fmt, thread,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Uri, header},
};
use inturn_cli::{Advice, LocalError, PrivateEmulator};
use inturn_emulator::{Emulator, RecogniserKind, ServiceLimits, TokenOwner};
use inturn_service::{
    InvalidReply, MAX_REPLY_BYTES, MintedToken, RawReply, ServiceError, TokenRequest,
};
use tower::ServiceExt;

use crate::config::{AuthMode, Config};

/// The emulator, with a random key that never leaves this process.
///
/// Its token route is public but requires that key. So clients can get tokens only from `/token`,
/// where the limits apply.
pub(crate) struct LocalUpstream {
    local: PrivateEmulator,
    router: Router,
}

impl LocalUpstream {
    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// If the selected recogniser is not installed.
    pub(crate) fn new(config: &Config) -> Result<Self, LocalError> {
        let local = PrivateEmulator::new(&config.local.recogniser, limits(config))?;
        Ok(Self {
            router: local.emulator.router(),
            local,
        })
    }

    /// The routes to mount.
    pub(crate) fn routes(&self) -> Router {
        self.router.clone()
    }

    /// The emulator.
    pub(crate) fn emulator(&self) -> Emulator {
        self.local.emulator.clone()
    }

    /// Closes every session with code 1001 (going away).
    pub(crate) async fn end_sessions(&self) {
        self.local.emulator.shut_down().await;
    }

    /// The recogniser in use.
    pub(crate) fn recogniser(&self) -> RecogniserKind {
        self.local.emulator.recogniser()
    }

    /// Whether Moonshine uses another model than that of its package.
    pub(crate) fn has_other_model(&self) -> bool {
        self.local.moonshine.model().is_some()
    }

    /// Describes the recogniser and its accuracy.
    pub(crate) fn description(&self) -> String {
        self.local.description()
    }

    /// Why Moonshine is not used although it was looked for, and how to install it.
    pub(crate) fn advice(&self) -> Option<Advice<'_>> {
        self.local.advice()
    }

    /// Requests one token within `timeout`. Sessions opened with it count as sessions of `owner`.
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

    /// Calls the token route directly, without a network connection.
    async fn fetch(
        &self,
        request: &TokenRequest,
        owner: &(dyn fmt::Display + Sync),
    ) -> Result<RawReply, ServiceError> {
        let unreachable = |cause: &dyn fmt::Display| ServiceError::Unreachable {
            cause: cause.to_string(),
        };
        let mut call = Request::new(Body::empty());
        *call.uri_mut() = Uri::try_from(format!("/v3/token?{}", request.query()))
            .map_err(|error| unreachable(&error))?;
        call.headers_mut()
            .insert(header::AUTHORIZATION, self.local.key.header().clone());
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
            key: self.local.key.header().clone(),
        })
    }
}

/// Limits the sessions of one person, silent ones included, so that capacity is left for others.
fn limits(config: &Config) -> ServiceLimits {
    // About one session per core can be processed, with any recogniser.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let per_person = match (config.local.local_person_sessions, config.access.auth) {
        (Some(count), _) => Some(usize::from(count)),
        // There is only one person: the one at this machine.
        (None, AuthMode::Loopback) => None,
        (None, AuthMode::Proxy | AuthMode::Password | AuthMode::Open) => Some(cores.max(HAND_OVER)),
    };
    ServiceLimits {
        sessions_per_owner: per_person,
        max_inactivity_secs: Some(config.session.inactivity_timeout_seconds),
        ..ServiceLimits::default()
    }
}

/// A recording has two sessions for a short time when it changes from one to the next.
const HAND_OVER: usize = 2;
