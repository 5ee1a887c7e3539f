//! The real service, over the network.

use std::{
    error::Error,
    io,
    sync::{OnceLock, PoisonError, RwLock},
    time::Duration,
};

use axum::http::{HeaderMap, HeaderValue, header};
use reqwest::{Client, Method, Request, Url, redirect};

use super::{InvalidReply, RawReply, TokenRequest, UpstreamError, reply::MAX_BODY_BYTES};
use crate::config::{ApiKey, ServiceUrl};

/// A service on the network, with its connections kept for the next call.
pub(crate) struct RemoteUpstream {
    client: Client,
    /// The same with no connection kept, made when it is first needed.
    fresh: OnceLock<Client>,
    service: ServiceUrl,
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
        let client = client(service, POOL_MAX_IDLE)?;
        let token_url = client.get(service.token_url()).build()?.url().clone();
        let root_url = client.get(service.to_string()).build()?.url().clone();
        Ok(Self {
            client,
            fresh: OnceLock::new(),
            service: service.clone(),
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

    fn fresh_client(&self) -> Option<&Client> {
        if let Some(made) = self.fresh.get() {
            return Some(made);
        }
        // The kept one was made likewise, so this fails only where the system has changed since.
        let made = client(&self.service, 0).ok()?;
        Some(self.fresh.get_or_init(|| made))
    }

    /// One call to the service's root, without the key: any answer means that it is there. The caller
    /// limits its time.
    pub(super) async fn look(&self) -> Result<Option<HeaderValue>, UpstreamError> {
        let call = Request::new(Method::HEAD, self.root_url.clone());
        let response = self.client.execute(call).await.map_err(unreachable)?;
        Ok(response.headers().get(header::DATE).cloned())
    }

    /// One call to the token endpoint. The caller limits its time.
    ///
    /// A kept connection may close just as the request is written to it. Then there is no answer, and the
    /// call is made once more, on a new connection: a token that nobody got costs nothing.
    pub(super) async fn fetch(&self, request: &TokenRequest) -> Result<RawReply, UpstreamError> {
        let mut url = self.token_url.clone();
        url.set_query(Some(&request.query()));
        let mut call = Request::new(Method::GET, url);
        let headers = self.headers.read();
        *call.headers_mut() = headers.unwrap_or_else(PoisonError::into_inner).clone();
        let key = call.headers().get(header::AUTHORIZATION).cloned();
        let again = call.try_clone();
        let mut response = match self.client.execute(call).await {
            Ok(response) => response,
            Err(error) if !is_closed_unanswered(&error) => return Err(unreachable(error)),
            Err(error) => {
                let (Some(again), Some(fresh)) = (again, self.fresh_client()) else {
                    return Err(unreachable(error));
                };
                tracing::debug!("a kept connection to the service was closed: trying a new one");
                fresh.execute(again).await.map_err(unreachable)?
            }
        };
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
            key: key.unwrap_or(HeaderValue::from_static("")),
        })
    }
}

fn client(service: &ServiceUrl, kept_connections: usize) -> reqwest::Result<Client> {
    let mut builder = Client::builder()
        .user_agent(concat!("inturn/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .pool_max_idle_per_host(kept_connections)
        .tcp_nodelay(true);
    if service.is_loopback() {
        builder = builder.no_proxy();
    }
    if !service.is_secure() {
        // Nothing to verify, so a machine without certificates will do.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// Whether the service closed the connection before it sent anything.
fn is_closed_unanswered(error: &reqwest::Error) -> bool {
    if error.is_connect() || error.is_timeout() {
        return false;
    }
    let mut source = error.source();
    while let Some(inner) = source {
        let by_http = inner.downcast_ref::<hyper::Error>();
        if by_http.is_some_and(hyper::Error::is_incomplete_message) {
            return true;
        }
        let by_system = inner.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(
            by_system,
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
        ) {
            return true;
        }
        source = inner.source();
    }
    false
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
