//! Tokens from an Inturn server.

use std::{fmt, time::Duration};

use inturn_client_core::{
    problem::TokenFailure,
    session::{PROBE_TIMEOUT, TOKEN_TIMEOUT},
};
use inturn_protocol::{BeginReport, PAGE_HOST_HEADER};
use inturn_service::{MAX_REPLY_BYTES, ServiceUrl, SetupError, Tls, cause_of, http_client};
use reqwest::{
    Client, Method, RequestBuilder, Response, Url,
    header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue},
};

use super::answer::Answer;

/// Tokens from an Inturn server, which has the API key. `Debug` hides the values of the headers.
#[derive(Clone)]
pub struct ServerTokens {
    url: ServiceUrl,
    headers: HeaderMap,
}

impl ServerTokens {
    /// Requests tokens from the server at `url`, the address of its page. It may have a path: the
    /// prefix at which a proxy serves it.
    pub fn new(url: ServiceUrl) -> Self {
        Self {
            url,
            headers: HeaderMap::new(),
        }
    }

    pub(super) fn url(&self) -> &ServiceUrl {
        &self.url
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Sends this header with each request to the server, such as `Cookie` or `Authorization`. It
    /// is sent to no other server.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if the name or the value can't be sent. It does not contain the value.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, HeaderError> {
        let name: HeaderName = name.parse().map_err(|_| HeaderError::Name)?;
        let mut value: HeaderValue = value.parse().map_err(|_| HeaderError::Value)?;
        value.set_sensitive(true);
        self.headers.append(name, value);
        Ok(self)
    }

    /// Sends these cookies with each request, and those of the headers that have other names. All
    /// are in one line, because servers may read only one.
    pub(super) fn with_cookies(mut self, cookies: &[String]) -> Result<Self, HeaderError> {
        let is_new = |cookie: &str| cookies.iter().any(|it| name(it) == name(cookie));
        let old = self.headers.get_all(COOKIE).iter();
        let old = old
            .filter_map(|line| std::str::from_utf8(line.as_bytes()).ok())
            .flat_map(|line| line.split(';').map(str::trim))
            .filter(|cookie| !cookie.is_empty() && !is_new(cookie));
        let all: Vec<&str> = old.chain(cookies.iter().map(String::as_str)).collect();
        let line = all.join("; ");
        self.headers.remove(COOKIE);
        self.with_header(COOKIE.as_str(), &line)
    }
}

/// Returns the name of a cookie.
fn name(cookie: &str) -> &str {
    cookie.split('=').next().unwrap_or(cookie)
}

impl fmt::Debug for ServerTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTokens")
            .field("url", &self.url)
            .field("headers", &self.headers)
            .finish()
    }
}

/// Why a header can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The name is not the name of a header.
    #[error("not the name of a header")]
    Name,
    /// The value contains line breaks or other control characters.
    #[error("the header's value contains characters that can't be sent")]
    Value,
}

/// The requests of a recording to the server.
pub(crate) struct ServerClient {
    connection: Result<Connection, SetupError>,
    /// Host and port, as the page would send them.
    page_host: String,
    headers: HeaderMap,
}

/// The client of a server, and its address.
struct Connection {
    client: Client,
    /// Ends with a slash, so that relative URLs are below it.
    base: Url,
}

impl Connection {
    fn new(url: &ServiceUrl, tls: &Tls) -> Result<Self, SetupError> {
        let client = http_client(url, tls)?.build()?;
        let base = client.get(format!("{url}/")).build()?.url().clone();
        Ok(Self { client, base })
    }
}

impl ServerClient {
    pub(super) fn new(tokens: ServerTokens, tls: &Tls) -> Self {
        Self {
            connection: Connection::new(&tokens.url, tls),
            page_host: tokens.url.authority().to_owned(),
            headers: tokens.headers,
        }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns whether `url` has the scheme, host and port of the server.
    pub(super) fn has_origin_of(&self, url: &Url) -> bool {
        let connection = self.connection.as_ref();
        connection.is_ok_and(|it| it.base.origin() == url.origin())
    }

    /// Resolves a URL against the address of the page.
    pub(super) fn resolve(&self, url: &str) -> Option<Url> {
        self.connection.as_ref().ok()?.base.join(url).ok()
    }

    pub(super) async fn fetch(&self, lease: Option<&str>) -> Answer {
        let Some(mut request) = self.request(Method::GET, &["token"], 2 * TOKEN_TIMEOUT) else {
            return Answer::Failed(TokenFailure::Unreachable);
        };
        if let Some(lease) = lease {
            request = request.query(&[("recording", lease)]);
        }
        let response = request.header(PAGE_HOST_HEADER, &self.page_host).send();
        let answer = async { answer(response.await?).await }.await;
        answer.unwrap_or_else(|error| {
            let cause = cause_of(error);
            tracing::warn!(target: "inturn_client", cause, "the server can't be reached");
            Answer::Failed(TokenFailure::Unreachable)
        })
    }

    pub(super) async fn probe(&self) -> bool {
        match self.request(Method::GET, &["config"], 4 * PROBE_TIMEOUT) {
            Some(request) => request.send().await.is_ok(),
            None => false,
        }
    }

    pub(super) async fn report_begin(&self, lease: &str, model: Option<String>) {
        let path = ["recordings", lease, "begin"];
        if let Some(request) = self.request(Method::POST, &path, REPORT_TIMEOUT)
            && let Ok(body) = serde_json::to_string(&BeginReport { model })
        {
            send(request.header(CONTENT_TYPE, "application/json").body(body)).await;
        }
    }

    pub(super) async fn release(&self, lease: &str) {
        let path = ["recordings", lease, "end"];
        if let Some(request) = self.request(Method::POST, &path, REPORT_TIMEOUT) {
            send(request).await;
        }
    }

    /// Returns a request for this path below the base. Logs why there is none.
    fn request(&self, method: Method, path: &[&str], timeout: Duration) -> Option<RequestBuilder> {
        let Connection { client, base } = match &self.connection {
            Ok(connection) => connection,
            Err(error) => {
                tracing::warn!(target: "inturn_client", %error, "no connection is possible");
                return None;
            }
        };
        let mut url = base.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(path);
        let request = client.request(method, url).timeout(timeout);
        Some(request.headers(self.headers.clone()))
    }
}

/// Returns the status and the beginning of the body.
async fn answer(response: Response) -> reqwest::Result<Answer> {
    Ok(Answer::Reply {
        status: response.status().as_u16(),
        body: beginning(response).await?,
    })
}

/// Returns the beginning of a body. A reply of a server is far shorter than that, and nothing more
/// is needed of another server's page.
pub(super) async fn beginning(mut response: Response) -> reqwest::Result<String> {
    let mut body = Vec::new();
    while body.len() < MAX_REPLY_BYTES
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Sends a report. If it fails, the server's lease expires by itself.
async fn send(request: RequestBuilder) {
    if let Err(error) = request.send().await {
        let cause = cause_of(error);
        tracing::debug!(target: "inturn_client", cause, "a report to the server was lost");
    }
}

/// As long as an answer to a request for a token may take.
const REPORT_TIMEOUT: Duration = TOKEN_TIMEOUT;
