//! Where tokens come from: the service on the network, or the local service in this process.

mod local;

use std::{fmt, time::Duration};

use axum::http::HeaderValue;
use inturn_service::{MintedToken, ServiceClient, ServiceError, TokenRequest, WARM_INTERVAL};
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

    /// Notes that a token will probably be requested soon.
    pub(crate) fn expect_call(&self) {
        if let Self::Remote(remote) = self {
            remote.expect_call();
        }
    }

    /// Keeps a connection to the service open while tokens are likely to be requested.
    pub(crate) async fn keep_warm(&self) {
        if let Self::Remote(remote) = self {
            remote.keep_warm(WARM_INTERVAL).await;
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
