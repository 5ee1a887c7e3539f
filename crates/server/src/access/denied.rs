//! Reasons for refusing a request.

use crate::{error::ApiError, refusal_kind::RefusalKind};

/// Why somebody may not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Denied {
    #[error("the request names a host that is not this machine")]
    ForeignHost,
    #[error("the page was opened by a name that is not this machine's")]
    ForeignPage,
    #[error("the request came through a proxy, and this server expects none")]
    UnexpectedProxy,
    #[error("another site asked")]
    CrossSite,
    #[error("nothing shows that this server's own page or a program asks")]
    NoSign,
    #[error("the request did not come through a trusted proxy")]
    NotThroughProxy,
    #[error("the proxy named nobody")]
    NotSignedIn,
    #[error(
        "the proxy named somebody, but not in a way that can be used: the header is there twice, \
         has more than 256 bytes, or holds control characters"
    )]
    UnusableName,
    #[error("the person is not among those who may ask")]
    NotAllowed,
    #[error("there is no sign-in that still holds")]
    NoSignIn,
}

impl Denied {
    /// How it is counted.
    pub(crate) fn kind(self) -> RefusalKind {
        match self {
            Self::ForeignHost | Self::ForeignPage | Self::UnexpectedProxy => {
                RefusalKind::HostRefused
            }
            Self::CrossSite | Self::NoSign => RefusalKind::CrossSite,
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
            Denied::CrossSite | Denied::NoSign => Self::CROSS_SITE,
            Denied::NotThroughProxy => Self::PROXY_BYPASSED,
            Denied::NotSignedIn | Denied::UnusableName | Denied::NoSignIn => Self::SIGN_IN_NEEDED,
            Denied::NotAllowed => Self::NOT_ALLOWED,
        }
    }
}
