//! The local service: the emulator, mounted in this process.

use std::{
    fmt, thread,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderValue, Request, Uri, header},
};
use inturn_cli::{describe, install_remedy};
use inturn_emulator::{
    Emulator, MoonshinePaths, Options, OptionsError, RecogniserChoice, RecogniserKind,
    ServiceLimits, TokenOwner,
};
use inturn_service::{
    InvalidReply, MAX_REPLY_BYTES, MintedToken, RawReply, ServiceError, TokenRequest,
};
use ring::rand::{SecureRandom, SystemRandom};
use tower::ServiceExt;

use crate::config::{AuthMode, Config};

/// The emulator, with a random key that never leaves this process.
///
/// Its token route is public but requires that key. So clients can get tokens only from `/token`,
/// where the limits apply.
pub(crate) struct LocalUpstream {
    emulator: Emulator,
    router: Router,
    key: HeaderValue,
    moonshine: MoonshinePaths,
}

impl LocalUpstream {
    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// If the selected recogniser is not installed.
    pub(crate) fn new(config: &Config) -> Result<Self, LocalError> {
        let (key_text, key) = random_key()?;
        let moonshine = moonshine(config);
        let emulator = Emulator::new(Options {
            api_keys: vec![key_text],
            recogniser: config.local.recogniser,
            moonshine: moonshine.clone(),
            limits: limits(config),
            ..Options::default()
        })
        .map_err(|error| LocalError::Options {
            error,
            remedy: match config.local.recogniser {
                RecogniserChoice::Moonshine => install_remedy(&moonshine),
                _ => "Install the recogniser, or set --recogniser script.".to_owned(),
            },
        })?;
        Ok(Self {
            router: emulator.router(),
            emulator,
            key,
            moonshine,
        })
    }

    /// The routes to mount.
    pub(crate) fn routes(&self) -> Router {
        self.router.clone()
    }

    /// The emulator.
    pub(crate) fn emulator(&self) -> Emulator {
        self.emulator.clone()
    }

    /// Closes every session with code 1001 (going away).
    pub(crate) async fn end_sessions(&self) {
        self.emulator.shut_down().await;
    }

    /// The recogniser in use.
    pub(crate) fn recogniser(&self) -> RecogniserKind {
        self.emulator.recogniser()
    }

    /// Whether Moonshine uses another model than that of its package.
    pub(crate) fn has_other_model(&self) -> bool {
        self.moonshine.model().is_some()
    }

    /// Describes the recogniser and its accuracy.
    pub(crate) fn description(&self) -> String {
        describe(self.recogniser(), &self.moonshine)
    }

    /// Why Moonshine is not used although it was looked for, and how to install it.
    pub(crate) fn advice(&self) -> Option<Advice<'_>> {
        let reason = self.emulator.fallback_reason()?;
        Some(Advice {
            reason,
            remedy: install_remedy(&self.moonshine),
        })
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
        // People read along. The service's intervals are for tests of clients.
        eager_partials: true,
        ..ServiceLimits::default()
    }
}

/// A more accurate recogniser that is not available.
pub(crate) struct Advice<'a> {
    pub(crate) reason: &'a str,
    pub(crate) remedy: String,
}

/// Returns where Moonshine is installed.
fn moonshine(config: &Config) -> MoonshinePaths {
    MoonshinePaths {
        // It is next to this program.
        program: None,
        folder: config.local.moonshine_dir.clone(),
    }
}

/// A recording has two sessions for a short time when it changes from one to the next.
const HAND_OVER: usize = 2;

/// Why the local service can't start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The emulator rejected its options.
    #[error("{error}")]
    Options {
        /// The cause.
        error: OptionsError,
        /// What to do, as a sentence.
        remedy: String,
    },
    /// The system provided no random bytes for the key.
    #[error("the system can't provide random bytes")]
    NoRandomness,
}

impl LocalError {
    /// Returns what to do, as a sentence.
    pub(crate) fn remedy(&self) -> &str {
        match self {
            Self::Options { remedy, .. } => remedy,
            Self::NoRandomness => "Check the random number generator of the system.",
        }
    }
}

/// Generates a key of 256 random bits in hexadecimal, as text and as an HTTP header value.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_words_as_soon_as_they_change() {
        let config = Config::parse_flags(["inturn".into()]).expect("good flags");
        assert!(limits(&config).eager_partials);
    }
}
