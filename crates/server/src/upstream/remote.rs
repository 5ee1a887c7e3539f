//! The real service, over the network.

use std::{
    error::Error,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use axum::http::{HeaderMap, HeaderValue, header};
use reqwest::{Client, Method, Request, Url, redirect};

use super::{InvalidReply, RawReply, TokenRequest, UpstreamError, reply::MAX_BODY_BYTES};
use crate::config::{ApiKey, ServiceUrl};

/// A service on the network, with its connections kept for the next call.
pub(crate) struct RemoteUpstream {
    client: Client,
    /// Without the query. Parsed once, since parsing is a good part of what a call costs.
    token_url: Url,
    /// Swapped when the key is.
    headers: RwLock<HeaderMap>,
    /// The service's root, at which it is looked at.
    root_url: Url,
}

impl RemoteUpstream {
    /// Prepares the calls; makes none.
    ///
    /// # Errors
    ///
    /// When the machine's certificates can't be read.
    pub(crate) fn new(service: &ServiceUrl, key: &ApiKey) -> Result<Self, reqwest::Error> {
        // Fails only where a provider was installed before, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("inturn/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(POOL_MAX_IDLE)
            .tcp_nodelay(true);
        if service.is_loopback() {
            builder = builder.no_proxy();
        }
        if !service.is_secure() {
            // Nothing to verify, so a machine without certificates will do.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build()?;
        let token_url = client.get(service.token_url()).build()?.url().clone();
        let root_url = client.get(service.to_string()).build()?.url().clone();
        Ok(Self {
            client,
            token_url,
            headers: RwLock::new(headers(key)),
            root_url,
        })
    }

    /// Takes another key for the calls to come.
    pub(crate) fn use_key(&self, key: &ApiKey) {
        // Nothing panics while it holds this.
        *self.headers.write().unwrap_or_else(PoisonError::into_inner) = headers(key);
    }

    /// One call to the service's root, without the key: any answer means that it is there. The caller
    /// limits its time.
    pub(super) async fn look(&self) -> Result<Option<HeaderValue>, UpstreamError> {
        let call = Request::new(Method::HEAD, self.root_url.clone());
        let response = self.client.execute(call).await.map_err(unreachable)?;
        Ok(response.headers().get(header::DATE).cloned())
    }

    /// One call to the token endpoint. The caller limits its time.
    pub(super) async fn fetch(&self, request: &TokenRequest) -> Result<RawReply, UpstreamError> {
        let mut url = self.token_url.clone();
        url.set_query(Some(&request.query()));
        let mut call = Request::new(Method::GET, url);
        *call.headers_mut() = self
            .headers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut response = self.client.execute(call).await.map_err(unreachable)?;
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
        let mut body = Vec::new();
        // An error's body says nothing that its status doesn't, and may be long.
        if status.is_success() {
            while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
                if body.len() + chunk.len() > MAX_BODY_BYTES {
                    return Err(UpstreamError::InvalidReply(InvalidReply::TooLarge));
                }
                body.extend_from_slice(&chunk);
            }
        }
        Ok(RawReply {
            status,
            retry_after,
            body,
        })
    }
}

fn headers(key: &ApiKey) -> HeaderMap {
    HeaderMap::from_iter([
        (header::AUTHORIZATION, key.header().clone()),
        (header::ACCEPT, HeaderValue::from_static("application/json")),
    ])
}

/// The chain of causes without the address, whose query is not for the log.
fn unreachable(error: reqwest::Error) -> UpstreamError {
    let error = error.without_url();
    let mut cause = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        cause.push_str(": ");
        cause.push_str(&inner.to_string());
        source = inner.source();
    }
    UpstreamError::Unreachable { cause }
}

/// A handshake takes the public service well under a second from anywhere; three leave room for
/// one lost packet (retried after one second, then two) within the eight seconds a call may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Below the minute after which common load balancers drop an idle connection, so that a call
/// seldom meets one that is already gone.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// More calls than this at once are a rush that a team has once a day: the connections beyond it
/// are not kept for the next, because each costs both sides memory.
const POOL_MAX_IDLE: usize = 256;
