//! Where tokens come from: the service on the network, or the local service in this process.

mod local;

use std::{fmt, time::Duration};

use axum::http::HeaderValue;
use inturn_service::{MintedToken, ServiceClient, ServiceError, TokenRequest};
pub use local::LocalError;
pub(crate) use local::LocalUpstream;

/// The source of tokens.
pub(crate) enum Upstream {
    /// A service on the network.
    Remote(Box<ServiceClient>),
    /// The local service, mounted in this server.
    Local(LocalUpstream),
}

impl Upstream {
    /// Requests one token for `owner`. `timeout` covers the whole call, including connecting and
    /// reading. The owner is not sent to the service on the network.
    ///
    /// Dropping the future cancels the call, for example if the client disconnects.
    pub(crate) async fn mint(
        &self,
        request: &TokenRequest,
        owner: &(dyn fmt::Display + Sync),
        timeout: Duration,
    ) -> Result<MintedToken, ServiceError> {
        match self {
            Self::Remote(remote) => remote.mint(request, timeout).await,
            Self::Local(local) => local.mint(request, owner, timeout).await,
        }
    }

    /// Calls the service without the key. Returns the `Date` of its response, whatever its status.
    pub(crate) async fn probe(
        &self,
        timeout: Duration,
    ) -> Result<Option<HeaderValue>, ServiceError> {
        match self {
            Self::Remote(remote) => remote.probe(timeout).await,
            // It runs in this process.
            Self::Local(_) => Ok(None),
        }
    }
}
