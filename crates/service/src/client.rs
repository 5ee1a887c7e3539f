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
};

use crate::{
    activity::Activity,
    api_key::ApiKey,
    error::{InvalidReply, ServiceError},
    http::{SetupError, Tls, cause_of, http_client},
    reply::RawReply,
    service_url::ServiceUrl,
    token::{MAX_REPLY_BYTES, MintedToken, TokenRequest},
};

/// A client of the service. It reuses connections; its `Debug` hides the key.
pub struct ServiceClient {
    client: Client,
    /// A client without a connection pool, created when it is first needed.
    unpooled: OnceLock<Client>,
    tls: Tls,
    service: ServiceUrl,
    /// The token endpoint without a query. Parsed once, because parsing costs much of a call's CPU
    /// time.
    token_url: Url,
    /// The headers of every call. [`use_key`](Self::use_key) replaces them.
    headers: RwLock<HeaderMap>,
    /// The service's root URL, for [`probe`](Self::probe).
    root_url: Url,
    activity: Activity,
}

impl ServiceClient {
    /// Creates a client. Makes no call yet.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if the system's certificates can't be read.
    pub fn new(service: &ServiceUrl, key: &ApiKey) -> Result<Self, SetupError> {
        Self::with_tls(service, key, Tls::default())
    }

    /// Like [`new`](Self::new), with other certificates than the system's.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_tls(service: &ServiceUrl, key: &ApiKey, tls: Tls) -> Result<Self, SetupError> {
        let client = pooled(service, &tls, POOL_MAX_IDLE)?;
        let token_url = client.get(service.token_url()).build()?.url().clone();
        let root_url = client.get(service.to_string()).build()?.url().clone();
        Ok(Self {
            client,
            unpooled: OnceLock::new(),
            tls,
            service: service.clone(),
            token_url,
            headers: RwLock::new(headers(key)),
            root_url,
            activity: Activity::none(),
        })
    }

    /// Replaces the key for later calls. Calls in progress keep the old one.
    pub fn use_key(&self, key: &ApiKey) {
        // Nothing panics while holding this lock.
        *self.headers.write().unwrap_or_else(PoisonError::into_inner) = headers(key);
    }

    pub(crate) fn activity(&self) -> &Activity {
        &self.activity
    }

    fn unpooled_client(&self) -> Option<&Client> {
        if let Some(client) = self.unpooled.get() {
            return Some(client);
        }
        // Fails only if the system has changed since the pooled client was created.
        let client = pooled(&self.service, &self.tls, 0).ok()?;
        Some(self.unpooled.get_or_init(|| client))
    }

    /// Requests one token. `timeout` covers the whole call, including connecting, a second attempt
    /// and reading; usually [`CALL_TIMEOUT`].
    ///
    /// Dropping the future cancels the call.
    ///
    /// # Errors
    ///
    /// [`ServiceError`] if the service gives no token.
    pub async fn mint(
        &self,
        request: &TokenRequest,
        timeout: Duration,
    ) -> Result<MintedToken, ServiceError> {
        self.activity.note_call();
        let reply = with_timeout(timeout, self.fetch(request)).await?;
        reply.token(request, SystemTime::now())
    }

    /// Calls the service's root without the key. Any response means that the service can be
    /// reached. Returns the response's `Date`.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Unreachable`] or [`ServiceError::TimedOut`].
    pub async fn probe(&self, timeout: Duration) -> Result<Option<HeaderValue>, ServiceError> {
        let call = Request::new(Method::HEAD, self.root_url.clone());
        let call = async { self.client.execute(call).await.map_err(unreachable) };
        let response = with_timeout(timeout, call).await?;
        Ok(response.headers().get(header::DATE).cloned())
    }

    /// Calls the token endpoint.
    ///
    /// The service may close a pooled connection just when the request is sent on it. If there is
    /// no response, the call is retried once on a new connection: a token that was lost costs
    /// nothing.
    async fn fetch(&self, request: &TokenRequest) -> Result<RawReply, ServiceError> {
        let mut url = self.token_url.clone();
        url.set_query(Some(&request.query()));
        let mut call = Request::new(Method::GET, url);
        let headers = self.headers.read();
        *call.headers_mut() = headers.unwrap_or_else(PoisonError::into_inner).clone();
        let key = call.headers().get(header::AUTHORIZATION).cloned();
        let retry = call.try_clone();
        let mut response = match self.client.execute(call).await {
            Ok(response) => response,
            Err(error) if !is_closed_unanswered(&error) => return Err(unreachable(error)),
            Err(error) => {
                let (Some(retry), Some(unpooled)) = (retry, self.unpooled_client()) else {
                    return Err(unreachable(error));
                };
                tracing::debug!("the service closed an idle connection: retrying on a new one");
                unpooled.execute(retry).await.map_err(unreachable)?
            }
        };
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
        let mut body = Vec::new();
        // An error's body is not needed, and may be long.
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

async fn with_timeout<T>(
    timeout: Duration,
    call: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    tokio::time::timeout(timeout, call)
        .await
        .unwrap_or(Err(ServiceError::TimedOut))
}

fn pooled(service: &ServiceUrl, tls: &Tls, max_idle: usize) -> Result<Client, SetupError> {
    let client = http_client(service, tls)?
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(max_idle);
    Ok(client.build()?)
}

/// Whether the service closed the connection before it sent a response.
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

fn unreachable(error: reqwest::Error) -> ServiceError {
    ServiceError::Unreachable {
        cause: cause_of(error),
    }
}

/// Default timeout of a whole call. The service takes about one second for a token. Eight seconds
/// leave room for a connection that takes all of [`CONNECT_TIMEOUT`], and for a second attempt.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// Timeout of a connection. A handshake with the public service takes well under a second from
/// anywhere. Three seconds leave room for one lost packet (retried after one second, then two).
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// More concurrent calls than this are a rare peak, such as the start of a working day. Connections
/// beyond it are closed after use, because each costs memory on both sides.
const POOL_MAX_IDLE: usize = 256;
