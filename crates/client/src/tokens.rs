//! Where the tokens of sessions come from.

mod answer;
mod server;
mod service;
mod sign_in;

use inturn_service::Tls;
use reqwest::{Url, header::HeaderMap};

pub(crate) use self::answer::Answer;
use self::{server::ServerClient, service::TokenClient};
pub use self::{
    server::{HeaderError, ServerTokens},
    service::ServiceTokens,
    sign_in::SignInError,
};

/// Where the tokens of sessions come from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Tokens {
    /// From an Inturn server, which has the API key.
    Server(ServerTokens),
    /// From the service itself, with an API key.
    Service(Box<ServiceTokens>),
}

impl From<ServerTokens> for Tokens {
    fn from(tokens: ServerTokens) -> Self {
        Self::Server(tokens)
    }
}

impl From<ServiceTokens> for Tokens {
    fn from(tokens: ServiceTokens) -> Self {
        Self::Service(Box::new(tokens))
    }
}

/// The requests of a recording.
pub(crate) enum Requests {
    Server(ServerClient),
    Service(TokenClient),
}

impl Requests {
    pub(crate) fn new(tokens: Tokens, tls: &Tls) -> Self {
        match tokens {
            Tokens::Server(tokens) => Self::Server(ServerClient::new(tokens, tls)),
            Tokens::Service(tokens) => Self::Service(TokenClient::new(*tokens, tls)),
        }
    }

    /// Requests a token, for a new recording or for another session of the one with this lease.
    pub(crate) async fn fetch(&self, lease: Option<&str>) -> Answer {
        match self {
            Self::Server(server) => server.fetch(lease).await,
            Self::Service(service) => service.fetch().await,
        }
    }

    /// Returns whether there is a network: whether there is any answer.
    pub(crate) async fn probe(&self) -> bool {
        match self {
            Self::Server(server) => server.probe().await,
            Self::Service(service) => service.probe().await,
        }
    }

    /// Reports that a session under this lease began.
    pub(crate) async fn report_begin(&self, lease: &str, model: Option<String>) {
        if let Self::Server(server) = self {
            server.report_begin(lease, model).await;
        }
    }

    /// Releases this lease.
    pub(crate) async fn release(&self, lease: &str) {
        if let Self::Server(server) = self {
            server.release(lease).await;
        }
    }

    /// Returns the address of a socket, with the scheme of HTTP. Relative ones are on our server.
    /// Returns `None` if it is not the address of a socket.
    pub(crate) fn socket_url(&self, url: &str) -> Option<Url> {
        let mut url = match self {
            Self::Server(server) => server.resolve(url)?,
            Self::Service(_) => Url::parse(url).ok()?,
        };
        let scheme = match url.scheme() {
            "ws" | "http" => "http",
            "wss" | "https" => "https",
            _ => return None,
        };
        url.set_scheme(scheme).ok()?;
        Some(url)
    }

    /// Returns the headers for a socket: those of our server if it is on the same origin.
    pub(crate) fn socket_headers(&self, url: &Url) -> HeaderMap {
        match self {
            Self::Server(server) if server.has_origin_of(url) => server.headers().clone(),
            Self::Server(_) | Self::Service(_) => HeaderMap::new(),
        }
    }
}
