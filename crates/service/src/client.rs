//! Calls to the service over the network.

use std::{
    error::Error,
    fmt, io,
    sync::{OnceLock, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use reqwest::{
    Client, Method, Request, Url,
    header::{self, HeaderMap, HeaderValue},
    redirect,
};

use crate::{
    api_key::ApiKey,
    error::{InvalidReply, ServiceError},
    reply::RawReply,
    service_url::ServiceUrl,
    token::{MAX_REPLY_BYTES, MintedToken, TokenRequest},
};

/// A service on the network. It keeps its connections for the next call; its `Debug` hides the key.
pub struct ServiceClient {
    client: Client,
    /// A client that keeps no connection, made when it is first needed.
    fresh: OnceLock<Client>,
    service: ServiceUrl,
    /// The token endpoint without a query. Parsed once, since parsing is a good part of a call's cost.
    token_url: Url,
    /// The headers of every call; replaced with the key.
    headers: RwLock<HeaderMap>,
    /// The service's root, which [`probe`](Self::probe) calls.
    root_url: Url,
}

impl ServiceClient {
    /// Prepares the calls; makes none.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when the machine's certificates can't be read.
    pub fn new(service: &ServiceUrl, key: &ApiKey) -> Result<Self, SetupError> {
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

    /// Replaces the key for later calls; calls under way keep theirs.
    pub fn use_key(&self, key: &ApiKey) {
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

    /// Asks for one token. `timeout` is the deadline of the whole call, connecting, a second attempt
    /// and reading included; [`CALL_TIMEOUT`] is the usual one.
    ///
    /// Dropping the future drops the call.
    ///
    /// # Errors
    ///
    /// [`ServiceError`] when there is no token.
    pub async fn mint(
        &self,
        request: &TokenRequest,
        timeout: Duration,
    ) -> Result<MintedToken, ServiceError> {
        let reply = in_time(timeout, self.fetch(request)).await?;
        reply.token(request, SystemTime::now())
    }

    /// Calls the service's root, without the key: any answer means that the service is there. Returns
    /// the answer's `Date`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Unreachable`] or [`ServiceError::TimedOut`].
    pub async fn probe(&self, timeout: Duration) -> Result<Option<HeaderValue>, ServiceError> {
        let call = Request::new(Method::HEAD, self.root_url.clone());
        let call = async { self.client.execute(call).await.map_err(unreachable) };
        let response = in_time(timeout, call).await?;
        Ok(response.headers().get(header::DATE).cloned())
    }

    /// One call to the token endpoint.
    ///
    /// A kept connection may close just as the request is written to it. Then there is no answer, and the
    /// call is made once more, on a new connection: a token that nobody got costs nothing.
    async fn fetch(&self, request: &TokenRequest) -> Result<RawReply, ServiceError> {
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
                if body.len() + chunk.len() > MAX_REPLY_BYTES {
                    return Err(ServiceError::InvalidReply(InvalidReply::TooLarge));
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

impl fmt::Debug for ServiceClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceClient")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// No calls can be made from this machine; mostly its certificates can't be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SetupError(#[from] reqwest::Error);

async fn in_time<T>(
    timeout: Duration,
    call: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    tokio::time::timeout(timeout, call)
        .await
        .unwrap_or(Err(ServiceError::TimedOut))
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
fn unreachable(error: reqwest::Error) -> ServiceError {
    let error = error.without_url();
    let mut cause = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        cause.push_str(": ");
        cause.push_str(&inner.to_string());
        source = inner.source();
    }
    ServiceError::Unreachable { cause }
}

/// Usual deadline of one whole call. A token takes the service about one second; eight leave room for a
/// connection that takes all of [`CONNECT_TIMEOUT`] and for a second attempt.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// Deadline for a connection. A handshake takes the public service well under a second from anywhere;
/// three leave room for one lost packet (retried after one second, then two).
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Below the minute after which common load balancers drop an idle connection, so that a call
/// seldom meets one that is already gone.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// More calls than this at once are a rush that a team has once a day: the connections beyond it
/// are not kept for the next, because each costs both sides memory.
const POOL_MAX_IDLE: usize = 256;
