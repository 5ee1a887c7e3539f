//! Who mints the tokens: the service on the network, or the local one in this very process.

mod local;

use std::{fmt, time::Duration};

use axum::http::HeaderValue;
use inturn_service::{MintedToken, ServiceClient, ServiceError, TokenRequest};

pub use local::LocalError;
pub(crate) use local::LocalUpstream;

/// Whoever mints the tokens.
pub(crate) enum Upstream {
    /// A service on the network.
    Remote(Box<ServiceClient>),
    /// The local service, mounted in this server.
    Local(LocalUpstream),
}

impl Upstream {
    /// Asks for one token for `owner`, in `timeout` at most, connecting and reading included. The service on
    /// the network is not told whose it is.
    ///
    /// Dropping the future drops the call: a visitor who leaves costs nothing more.
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

    /// Calls the service without the key; the `Date` of its answer, whatever that is.
    pub(crate) async fn probe(
        &self,
        timeout: Duration,
    ) -> Result<Option<HeaderValue>, ServiceError> {
        match self {
            Self::Remote(remote) => remote.probe(timeout).await,
            // In this very process.
            Self::Local(_) => Ok(None),
        }
    }
}
