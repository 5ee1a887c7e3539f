//! What the handlers share, made once from the configuration.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use inturn_emulator::RecogniserKind;
use inturn_protocol::{CaptureConfig, LocalService, PageConfig, SpeechModel};
use inturn_service::{
    MintedToken, ServiceClient, ServiceError, SessionParameterError, SetupError, TokenRequest,
};

use crate::{
    access::{Access, AccessError},
    caller::UntrustedProxies,
    config::{self, AuthMode, Config, Network},
    files::ClientFiles,
    limits::{Limits, LimitsError, Source},
    metrics::Metrics,
    readiness::{NotReady, Readiness},
    refusals::RefusalLog,
    security::{Security, Sockets},
    upstream::{LocalError, LocalUpstream, Upstream},
};

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
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
    security: Security,
    metrics: Metrics,
    refusals: RefusalLog,
    readiness: Readiness,
}

impl AppState {
    /// Prepares everything a request may need. Reads the page's folder; makes no call.
    ///
    /// # Errors
    ///
    /// [`StateError`] when the page is not built, the local service can't stand in, or calls to the
    /// service can't be made from this machine.
    pub fn new(config: &Config) -> Result<Self, StateError> {
        let files = ClientFiles::new(config.listen.client_dir.as_deref());
        if let Some(dir) = files.unbuilt() {
            let dir = dir.to_owned();
            return Err(StateError::ClientNotBuilt { dir });
        }
        let metrics = Metrics::new();
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
        let (socket_url, sockets) = match &upstream {
            Upstream::Remote(_) => (
                service.socket_url(),
                Sockets::Origin(service.socket_origin()),
            ),
            // Relative: scheme, host and prefix are the browser's to know.
            Upstream::Local(_) => ("local/v3/ws".to_owned(), Sockets::SameHost),
        };
        let sign_in_url = access.sign_in_url().map(str::to_owned);
        Ok(Self(Arc::new(Shared {
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
            websocket_url: format!("{socket_url}?{}", config.session.parameters()?.to_query()),
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
            },
            security: Security::new(sockets, config.listen.hsts_seconds),
            refusals: RefusalLog::new(metrics.refusals()),
            metrics,
            readiness: Readiness::default(),
            files,
            upstream,
        })))
    }

    /// Which recogniser stands in for the service, if one does.
    pub fn local_service(&self) -> Option<LocalService> {
        self.0.page_config.local_service
    }

    /// Asks for a token for somebody.
    pub(crate) async fn mint(&self, source: &Source) -> Result<MintedToken, ServiceError> {
        let shared = &self.0;
        let asked = Instant::now();
        let minted = shared
            .upstream
            .mint(&shared.request, source, shared.upstream_timeout)
            .await;
        shared.metrics.upstream_took(asked.elapsed());
        minted
    }

    /// Whether requests for a token are of use here, as far as is known.
    pub(crate) async fn ready(&self) -> Result<(), NotReady> {
        self.0.readiness.check(&self.0.upstream).await?;
        if self.0.limits.refuse_everybody() {
            return Err(NotReady::LimitsAway);
        }
        Ok(())
    }

    /// From now on the server says that it is not ready.
    pub fn stop_being_ready(&self) {
        self.0.readiness.stop();
    }

    /// Reads the key again from where it was, and the passphrase's hash or the proxy's secret: for what is
    /// to come; calls under way keep their key. What can't be used leaves each as it is, and is one line in
    /// the log.
    pub fn reload_secrets(&self) {
        self.reload_key();
        self.0.access.reload();
    }

    fn reload_key(&self) {
        let Upstream::Remote(remote) = &self.0.upstream else {
            tracing::info!("the local service stands in, so no key was read");
            return;
        };
        match config::read_api_key() {
            Ok(Some(key)) => {
                remote.use_key(&key);
                tracing::info!("the API key was read again");
            }
            Ok(None) => tracing::error!("the API key was not read again: there is none any more"),
            Err(error) => tracing::error!(%error, "the API key was not read again"),
        }
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Counts refusals, and decides which are logged.
    pub(crate) fn refusals(&self) -> &RefusalLog {
        &self.0.refusals
    }

    /// Who may ask.
    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    /// How much they may ask for.
    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.0.limits
    }

    /// Whose word on a caller is believed.
    pub(crate) fn trusted_proxies(&self) -> &[Network] {
        &self.0.trusted_proxies
    }

    /// Whose word is not believed, and who was told of it.
    pub(crate) fn untrusted_proxies(&self) -> &UntrustedProxies {
        &self.0.untrusted_proxies
    }

    /// What all paths begin with: a slash at least.
    pub(crate) fn base_path(&self) -> &str {
        &self.0.base_path
    }

    pub(crate) fn websocket_url(&self) -> &str {
        &self.0.websocket_url
    }

    /// The model that every session asks for.
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

    pub(crate) fn security(&self) -> &Security {
        &self.0.security
    }

    /// Says goodbye to the sessions of the local service, if it stands in. To be called when the
    /// server has stopped: a socket is no open request, so nothing else waits for it.
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

/// Why there is nothing to serve.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The page's folder holds no page.
    #[error(
        "The page is not built: there is no index.html in {}; run `cargo xtask serve`, which builds \
         it, or name its folder with --client-dir.",
        dir.display()
    )]
    ClientNotBuilt {
        /// The folder that was looked into.
        dir: PathBuf,
    },
    /// Nobody could be told apart from anybody else.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The service would refuse every session.
    #[error("--session-parameter {0}.")]
    Session(#[from] SessionParameterError),
    /// What replicas are to share can't be shared.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// No key, and no stand-in either.
    #[error("The local service can't stand in: {0}.")]
    Local(#[from] LocalError),
    /// The machine can't make encrypted calls.
    #[error("No calls can be made to the speech service from this machine: {0}.")]
    Calls(#[from] SetupError),
}

fn local_service(upstream: &Upstream) -> Option<LocalService> {
    match upstream {
        Upstream::Remote(_) => None,
        Upstream::Local(local) => Some(match local.recogniser() {
            RecogniserKind::PocketSphinx => LocalService::Pocketsphinx,
            RecogniserKind::Script => LocalService::Script,
        }),
    }
}
