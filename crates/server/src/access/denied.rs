//! Reasons for refusing a request.

use crate::{error::ApiError, refusal_kind::RefusalKind};

/// Reason for refusing a request. The sentences are causes in the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Denied {
    #[error("the request names a host that is not this machine")]
    ForeignHost,
    #[error("the page was opened at an address that is not this machine's")]
    ForeignPage,
    #[error("the request came through a proxy, and this server expects none")]
    UnexpectedProxy,
    #[error("the request comes from a page of another site")]
    CrossSite,
    #[error("no header shows that the request comes from this server's own page or from a program")]
    UnknownOrigin,
    #[error("the request did not come through a trusted proxy")]
    NotThroughProxy,
    #[error("the proxy sent no user name")]
    NotSignedIn,
    #[error(
        "the proxy sent an unusable user name: the header is repeated, has more than 256 bytes, or \
         contains control characters"
    )]
    UnusableName,
    #[error("the person is not on the list of allowed people")]
    NotAllowed,
    #[error("the request has no valid sign-in")]
    NoSignIn,
}

impl Denied {
    /// Returns the kind under which the refusal is counted.
    pub(crate) fn kind(self) -> RefusalKind {
        match self {
            Self::ForeignHost | Self::ForeignPage | Self::UnexpectedProxy => {
                RefusalKind::HostRefused
            }
            Self::CrossSite | Self::UnknownOrigin => RefusalKind::CrossSite,
            Self::NotThroughProxy => RefusalKind::ProxyBypassed,
            Self::NotSignedIn | Self::UnusableName | Self::NoSignIn => RefusalKind::SignInNeeded,
            Self::NotAllowed => RefusalKind::NotAllowed,
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::ForeignHost | Denied::ForeignPage | Denied::UnexpectedProxy => {
                Self::HOST_REFUSED
            }
            Denied::CrossSite | Denied::UnknownOrigin => Self::CROSS_SITE,
            Denied::NotThroughProxy => Self::PROXY_BYPASSED,
            Denied::NotSignedIn | Denied::UnusableName | Denied::NoSignIn => Self::SIGN_IN_NEEDED,
            Denied::NotAllowed => Self::NOT_ALLOWED,
        }
    }
}
