//! HTTP clients: encryption, proxies, timeouts.

use std::{
    error::Error,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{Client, ClientBuilder, redirect};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::service_url::ServiceUrl;

/// How connections are encrypted: by default with the system's certificates. Clones share them.
///
/// Needs no crypto provider of the process, and installs none.
#[derive(Clone, Default)]
pub struct Tls(Arc<OnceLock<Arc<ClientConfig>>>);

impl Tls {
    /// Encrypts connections with this configuration.
    pub fn new(config: Arc<ClientConfig>) -> Self {
        Self(Arc::new(OnceLock::from(config)))
    }

    /// Returns the configuration. The first call reads the system's certificates.
    fn config(&self) -> Result<&Arc<ClientConfig>, rustls::Error> {
        if let Some(config) = self.0.get() {
            return Ok(config);
        }
        let config = builder()?.with_platform_verifier()?.with_no_client_auth();
        Ok(self.0.get_or_init(|| Arc::new(config)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Returns the builder of a client for calls to `url`. It follows no redirects, because the
/// credentials would be sent to their target. It uses the system's proxy, but not for this machine.
/// It has no timeouts.
///
/// # Errors
///
/// [`SetupError`] if the system's certificates can't be read.
pub fn http_client(url: &ServiceUrl, tls: &Tls) -> Result<ClientBuilder, SetupError> {
    let mut config = if url.is_secure() {
        ClientConfig::clone(tls.config()?)
    } else {
        // Plain HTTP, so the machine needs no certificates.
        builder()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth()
    };
    // The only version that reqwest is built with, and WebSockets need it.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut client = Client::builder()
        .tls_backend_preconfigured(config)
        .user_agent(concat!("inturn/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .tcp_nodelay(true);
    if url.is_loopback() {
        client = client.no_proxy();
    }
    Ok(client)
}

/// Returns the chain of causes, without the URL, because its query must not be logged.
pub fn cause_of(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        cause.push_str(": ");
        cause.push_str(&inner.to_string());
        source = inner.source();
    }
    cause
}

/// A client can't be created, usually because the system's certificates can't be read.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The system's certificates can't be read.
    #[error("the system's certificates can't be read: {0}")]
    Certificates(#[from] rustls::Error),
    /// Another part of the client failed.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
}

/// Below the 60 seconds after which common load balancers close an idle connection, so that a call
/// seldom uses one that is already closed.
pub(crate) const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);
