//! Asking the speech service for a token.
//!
//! [`Upstream`] hides which service answers: the real one over the network, or the local one in
//! this very process. Both give a plain status and body, and [`reply`] alone decides what they
//! mean.

mod local;
mod remote;
mod reply;

use std::{fmt, time::Duration};

use axum::http::{HeaderValue, StatusCode};

pub use local::LocalError;
pub(crate) use local::LocalUpstream;
pub(crate) use remote::RemoteUpstream;
use reply::RawReply;

/// Whoever mints the tokens.
pub(crate) enum Upstream {
    /// A service on the network.
    Remote(Box<RemoteUpstream>),
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
    ) -> Result<MintedToken, UpstreamError> {
        let exchange = async {
            let raw = match self {
                Self::Remote(remote) => remote.fetch(request).await?,
                Self::Local(local) => local.fetch(request, owner).await?,
            };
            reply::read(raw, request.expires_in_seconds)
        };
        tokio::time::timeout(timeout, exchange)
            .await
            .unwrap_or(Err(UpstreamError::TimedOut))
    }

    /// Looks whether it is there, without the key: the `Date` of its answer, whatever that is.
    pub(crate) async fn look(&self) -> Result<Option<HeaderValue>, UpstreamError> {
        match self {
            Self::Remote(remote) => remote.look().await,
            // In this very process.
            Self::Local(_) => Ok(None),
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenRequest {
    /// How long the token may wait for its session, in seconds.
    pub(crate) expires_in_seconds: u32,
    /// How long that session may last, in seconds.
    pub(crate) max_session_duration_seconds: u32,
}

impl TokenRequest {
    /// The query of the token endpoint.
    fn query(&self) -> String {
        format!(
            "expires_in_seconds={}&max_session_duration_seconds={}",
            self.expires_in_seconds, self.max_session_duration_seconds
        )
    }
}

/// A token fresh from the service. Its `Debug` hides the token.
pub(crate) struct MintedToken {
    /// Opaque; several kilobytes on the real service.
    pub(crate) token: String,
    /// How long it can open a session, in seconds, as the service says.
    pub(crate) expires_in_seconds: u32,
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedToken")
            .field("expires_in_seconds", &self.expires_in_seconds)
            .finish_non_exhaustive()
    }
}

/// Why there is no token. `Display` is the cause as the log has it: it never repeats the key or
/// what the service wrote.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error("the service refused the API key (401)")]
    KeyRefused,
    #[error("the service wants the account to pay (402)")]
    PaymentRequired,
    #[error("the service does not serve this account or network (403)")]
    AccountForbidden,
    #[error("the service called the request wrong ({status})")]
    RequestRefused { status: StatusCode },
    #[error("the service wants fewer requests (429)")]
    RateLimited { retry_after_seconds: Option<u32> },
    #[error("the service failed ({status})")]
    Failed {
        status: StatusCode,
        retry_after_seconds: Option<u32>,
    },
    #[error("the service can't be reached: {cause}")]
    Unreachable { cause: String },
    #[error("the service did not answer in time")]
    TimedOut,
    #[error("the service's reply is no token: {0}")]
    InvalidReply(InvalidReply),
}

/// What is wrong with a reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidReply {
    #[error("status {0}")]
    Status(StatusCode),
    #[error("longer than {} bytes", reply::MAX_BODY_BYTES)]
    TooLarge,
    #[error("not the JSON of a token")]
    NotJson,
    #[error("its token is empty, too long or of odd characters")]
    Token,
    #[error("its token holds the API key")]
    HoldsKey,
}
