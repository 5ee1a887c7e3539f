//! The state that all handlers share, created once from the configuration.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, http::HeaderValue};
use inturn_cli::{LocalError, read_api_key};
use inturn_emulator::RecogniserKind;
use inturn_protocol::{CaptureConfig, LocalService, PageConfig, SpeechModel};
use inturn_service::{
    MintedToken, ServiceClient, ServiceError, ServiceUrl, SessionParameterError, SetupError,
    TokenRequest, session_url,
};

use crate::{
    access::{Access, AccessError},
    caller::UntrustedProxies,
    config::{AuthMode, Config, Network},
    files::ClientFiles,
    limits::{Limits, LimitsError, Source},
    metrics::Metrics,
    readiness::{NotReady, Readiness},
    refusals::RefusalLog,
    security::{Security, Sockets},
    upstream::{LocalUpstream, Upstream},
};

/// The state that all handlers share. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    access: Access,
    limits: Arc<Limits>,
    trusted_proxies: Vec<Network>,
    untrusted_proxies: UntrustedProxies,
    base_path: String,
    upstream: Upstream,
    upstream_timeout: Duration,
    request: TokenRequest,
    websocket_url: String,
    model: SpeechModel,
    page_config: PageConfig,
    files: ClientFiles,
    /// `Link` header of the page, if the service is at another origin.
    preconnect: Option<HeaderValue>,
    security: Security,
    metrics: Metrics,
    refusals: RefusalLog,
    readiness: Readiness,
}

impl AppState {
    /// Creates everything that requests need. Checks that the page is built; calls no other server.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the page is not built, the local service can't start, or this machine
    /// can't make TLS connections.
    pub fn new(config: &Config) -> Result<Self, StateError> {
        let files = ClientFiles::new(config.listen.client_dir.as_deref());
        if let Some(dir) = files.folder_without_page() {
            let dir = dir.to_owned();
            return Err(StateError::ClientNotBuilt { dir });
        }
        let mut metrics = Metrics::new();
        let access = Access::new(config, metrics.sign_ins())?;
        let service = config.service.url();
        let key = config.key.as_ref().filter(|_| !config.local.local_service);
        let upstream = match key {
            Some(key) => Upstream::Remote(Box::new(ServiceClient::new(&service, key)?)),
            None if config.access.auth != AuthMode::Loopback && !config.local.local_service => {
                return Err(AccessError::NoKey.into());
            }
            None => Upstream::Local(LocalUpstream::new(config)?),
        };
        if let Upstream::Local(local) = &upstream {
            metrics.add_local(local.emulator());
        }
        let (socket_url, sockets) = match &upstream {
            Upstream::Remote(_) => (
                service.socket_url(),
                Sockets::Origin(service.socket_origin()),
            ),
            // Relative, because only the browser knows scheme, host and prefix.
            Upstream::Local(_) => ("local/v3/ws".to_owned(), Sockets::SameHost),
        };
        let sign_in_url = access.sign_in_url().map(str::to_owned);
        Ok(Self(Arc::new(Inner {
            access,
            limits: Limits::new(&config.limits, &config.session)?,
            trusted_proxies: config.access.trusted_proxy.clone(),
            untrusted_proxies: UntrustedProxies::new(config.access.auth),
            base_path: config.listen.base_path.clone(),
            upstream_timeout: config.service.upstream_timeout(),
            request: TokenRequest {
                expires_in_seconds: config.session.token_expires_in_seconds,
                max_session_duration_seconds: config.session.max_session_duration_seconds,
            },
            websocket_url: session_url(&socket_url, &config.session.parameters()?),
            model: config.session.model().clone(),
            page_config: PageConfig {
                capture: CaptureConfig {
                    echo_cancellation: config.page.echo_cancellation,
                    noise_suppression: config.page.noise_suppression,
                    auto_gain_control: config.page.auto_gain_control,
                },
                chunk_ms: u32::from(config.page.chunk_ms),
                local_service: local_service(&upstream),
                sign_in_url,
                idle_seconds: config.cost.idle_seconds(),
                // The local service bills nothing.
                cost: config
                    .cost
                    .session_cost()
                    .filter(|_| local_service(&upstream).is_none()),
                store_transcripts: config.storage.store_transcripts,
            },
            preconnect: preconnect(&service, &upstream),
            security: Security::new(sockets, config.listen.hsts_seconds),
            refusals: RefusalLog::new(metrics.refusals()),
            metrics,
            readiness: Readiness::default(),
            files,
            upstream,
        })))
    }

    /// The local service, if that is in use.
    pub(crate) fn local_service(&self) -> Option<&LocalUpstream> {
        match &self.0.upstream {
            Upstream::Remote(_) => None,
            Upstream::Local(local) => Some(local),
        }
    }

    /// Requests a token for `source`.
    pub(crate) async fn mint(&self, source: &Source) -> Result<MintedToken, ServiceError> {
        let inner = &self.0;
        let started = Instant::now();
        let minted = inner
            .upstream
            .mint(&inner.request, source, inner.upstream_timeout)
            .await;
        inner.metrics.upstream_took(started.elapsed());
        minted
    }

    /// Notes that a recording will probably start soon, because a page was opened.
    pub(crate) fn expect_recording(&self) {
        self.0.upstream.expect_call();
    }

    /// Keeps a connection to the service open while recordings are likely to start.
    pub(crate) async fn keep_warm(&self) {
        self.0.upstream.keep_warm().await;
    }

    /// Checks whether the server can hand out tokens, without requesting one.
    pub(crate) async fn ready(&self) -> Result<(), NotReady> {
        self.0.readiness.check(&self.0.upstream).await?;
        if self.0.limits.refuses_all() {
            return Err(NotReady::RedisUnreachable);
        }
        Ok(())
    }

    /// Makes `/readyz` fail from now on.
    pub fn mark_stopping(&self) {
        self.0.readiness.stop();
    }

    /// Reads the API key again, and the hash of the passphrase or the proxy's secret. They apply to
    /// new requests; calls in progress keep their key. A secret that can't be read stays unchanged,
    /// and is logged.
    pub fn reload_secrets(&self) {
        self.reload_key();
        self.0.access.reload();
    }

    fn reload_key(&self) {
        let Upstream::Remote(remote) = &self.0.upstream else {
            tracing::info!("the local service is in use, so no API key was read");
            return;
        };
        match read_api_key() {
            Ok(Some(key)) => {
                remote.use_key(&key);
                tracing::info!("the API key was read again");
            }
            Ok(None) => tracing::error!("the API key was not read again: it is no longer set"),
            Err(error) => tracing::error!(%error, "the API key was not read again"),
        }
    }

    /// The metrics.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Counts refusals, and decides which are logged.
    pub(crate) fn refusals(&self) -> &RefusalLog {
        &self.0.refusals
    }

    /// Access control.
    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    /// The limits on tokens and recordings.
    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.0.limits
    }

    /// The proxies whose forwarding headers are trusted.
    pub(crate) fn trusted_proxies(&self) -> &[Network] {
        &self.0.trusted_proxies
    }

    /// Logs peers that send forwarding headers and are not trusted.
    pub(crate) fn untrusted_proxies(&self) -> &UntrustedProxies {
        &self.0.untrusted_proxies
    }

    /// The prefix of all paths; `/` if none is set.
    pub(crate) fn base_path(&self) -> &str {
        &self.0.base_path
    }

    pub(crate) fn websocket_url(&self) -> &str {
        &self.0.websocket_url
    }

    /// The speech model that every session requests.
    pub(crate) fn model(&self) -> &SpeechModel {
        &self.0.model
    }

    pub(crate) fn max_session_duration_seconds(&self) -> u32 {
        self.0.request.max_session_duration_seconds
    }

    pub(crate) fn page_config(&self) -> &PageConfig {
        &self.0.page_config
    }

    pub(crate) fn files(&self) -> &ClientFiles {
        &self.0.files
    }

    /// The page's `Link` header, which lets a browser connect to the service before a recording.
    pub(crate) fn preconnect(&self) -> Option<&HeaderValue> {
        self.0.preconnect.as_ref()
    }

    pub(crate) fn security(&self) -> &Security {
        &self.0.security
    }

    /// Closes the sessions of the local service, if it is in use. Call it when the server has
    /// stopped: a WebSocket is not an open request, so nothing else closes it.
    pub async fn end_local_sessions(&self) {
        if let Upstream::Local(local) = &self.0.upstream {
            local.end_sessions().await;
        }
    }

    pub(crate) fn local_routes(&self) -> Option<Router> {
        match &self.0.upstream {
            Upstream::Local(local) => Some(local.routes()),
            Upstream::Remote(_) => None,
        }
    }
}

/// Why the state can't be created.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The page's folder contains no page.
    #[error(
        "The page is not built: there is no index.html in {}; run `cargo xtask serve`, which \
         builds it, or set --client-dir to its folder.",
        dir.display()
    )]
    ClientNotBuilt {
        /// The folder.
        dir: PathBuf,
    },
    /// The access settings are incomplete or contradict each other.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The service would refuse every session with these parameters.
    #[error("--session-parameter {0}.")]
    Session(#[from] SessionParameterError),
    /// The limits can't be set up.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// There is no key, and the local service can't start.
    #[error("The local service can't start: {0}. {remedy}", remedy = .0.remedy())]
    Local(#[from] LocalError),
    /// This machine can't make TLS connections.
    #[error("This machine can't make TLS connections to the speech service: {0}.")]
    Calls(#[from] SetupError),
}

/// Nothing else names the service's host before the first token.
fn preconnect(service: &ServiceUrl, upstream: &Upstream) -> Option<HeaderValue> {
    match upstream {
        Upstream::Remote(_) => {
            let link = format!("<{}>; rel=preconnect", service.http_origin());
            HeaderValue::try_from(link).ok()
        }
        Upstream::Local(_) => None,
    }
}

fn local_service(upstream: &Upstream) -> Option<LocalService> {
    match upstream {
        Upstream::Remote(_) => None,
        Upstream::Local(local) => Some(match local.recogniser() {
            RecogniserKind::Moonshine if local.has_other_model() => LocalService::OtherModel,
            RecogniserKind::Moonshine => LocalService::Moonshine,
            RecogniserKind::PocketSphinx => LocalService::Pocketsphinx,
            // Tones are for tests. Like the script's, their words are not those of a person.
            RecogniserKind::Script | RecogniserKind::Tones => LocalService::Script,
        }),
    }
}
