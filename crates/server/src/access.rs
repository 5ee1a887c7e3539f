//! Who may ask for a token.
//!
//! [`Access::person`] is the one place that decides it, from the configuration, the caller and the
//! request's headers. It keeps nothing. The one call it makes is to the Redis of shared limits, which knows
//! who signed out.

mod cookie;
mod hosts;
mod own_page;
mod password;
mod proxy;
mod sign_in;

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, Version},
    middleware::Next,
    response::{IntoResponse, Response},
};

pub use password::hash_password;
pub(crate) use sign_in::{redirect, routes};

use self::{password::PasswordAccess, proxy::ProxyAccess};
use crate::{
    AppState,
    caller::Caller,
    config::{AccessSecrets, AuthMode, Config},
    error::ApiError,
    health,
    limits::Limits,
    metrics::SignInCounts,
    refusals::RefusalKind,
};

/// The rule of this server.
pub(crate) enum Access {
    /// This machine alone: the listener is on loopback, and the page's address says so too.
    Loopback,
    /// Whoever a trusted proxy names.
    Proxy(Box<ProxyAccess>),
    /// Whoever signed in with the passphrase.
    Password(Arc<PasswordAccess>),
    /// Everybody.
    Open,
}

/// Somebody who may ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Person {
    /// As the proxy names them; nobody is named in the other modes.
    pub(crate) name: Option<String>,
}

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

impl Access {
    /// # Errors
    ///
    /// [`AccessError`] when the flags contradict one another.
    pub(crate) fn new(config: &Config, sign_ins: &SignInCounts) -> Result<Self, AccessError> {
        let access = &config.access;
        let listen = config.listen.listen;
        match access.auth {
            AuthMode::Loopback if !listen.ip().to_canonical().is_loopback() => {
                Err(AccessError::BeyondLoopback { listen })
            }
            AuthMode::Loopback => Ok(Self::Loopback),
            AuthMode::Proxy if access.trusted_proxy.is_empty() => Err(AccessError::NoProxy),
            AuthMode::Proxy => Ok(Self::Proxy(Box::new(ProxyAccess::new(access)))),
            AuthMode::Password => match &access.secrets.password_hash {
                Some(hash) => {
                    let password = PasswordAccess::new(hash, access, sign_ins)?;
                    Ok(Self::Password(Arc::new(password)))
                }
                None => Err(AccessError::NoPassword),
            },
            AuthMode::Open => Ok(Self::Open),
        }
    }

    /// Whether anything of this server may be shown for such a request at all.
    pub(crate) fn admits(&self, version: Version, headers: &HeaderMap) -> Result<(), Denied> {
        match self {
            Self::Loopback => {
                hosts::is_this_machine(headers)?;
                hosts::is_unproxied(version, headers)
            }
            Self::Proxy(_) | Self::Password(_) | Self::Open => Ok(()),
        }
    }

    /// Where the page sends somebody whose sign-in has ended, in a window of its own.
    pub(crate) fn sign_in_url(&self) -> Option<&'static str> {
        matches!(self, Self::Password(_)).then_some("sign-in?again=1")
    }

    /// Whether the passphrase must be given before the page is of use.
    pub(crate) async fn wants_sign_in(
        &self,
        limits: &Limits,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> bool {
        match self {
            Self::Password(password) => password.check(limits, caller, headers).await.is_err(),
            Self::Loopback | Self::Proxy(_) | Self::Open => false,
        }
    }

    /// Reads the secrets of this rule again from where they were. What can't be used leaves them as they
    /// are, and so does one that is gone: it must let nobody in who could not come in before.
    pub(crate) fn reload(&self) {
        match self {
            Self::Loopback | Self::Open => {}
            Self::Proxy(proxy) => match AccessSecrets::read_proxy() {
                Ok(Some(secret)) => {
                    proxy.use_secret(secret);
                    tracing::info!("the proxy's secret was read again");
                }
                Ok(None) if proxy.has_secret() => {
                    tracing::error!(
                        "the proxy's secret was not read again: there is none any more"
                    );
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "the proxy's secret was not read again"),
            },
            Self::Password(password) => match AccessSecrets::read_password_hash() {
                Ok(Some(hash)) => {
                    password.use_hash(&hash);
                    tracing::info!("the passphrase's hash was read again");
                }
                Ok(None) => {
                    tracing::error!(
                        "the passphrase's hash was not read again: there is none any more"
                    );
                }
                Err(error) => tracing::error!(%error, "the passphrase's hash was not read again"),
            },
        }
    }

    /// Who asks for a token, if they may. The request is one that this rule [admits](Self::admits).
    pub(crate) async fn person(
        &self,
        limits: &Limits,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Result<Person, Denied> {
        own_page::check(caller, headers)?;
        let name = match self {
            Self::Loopback => {
                hosts::is_opened_here(headers)?;
                None
            }
            Self::Proxy(proxy) => Some(proxy.person(caller, headers)?),
            Self::Password(password) => {
                password.check(limits, caller, headers).await?;
                None
            }
            Self::Open => None,
        };
        if !matches!(self, Self::Loopback) {
            own_page::check_signed(caller, headers)?;
        }
        Ok(Person { name })
    }
}

/// Refuses what a page of another site asks.
pub(crate) fn check_own_page(
    app: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    own_page::check(caller, headers).map_err(|denied| {
        if let Some(line) = app.refusals().count(denied.kind()) {
            tracing::warn!(
                address = %caller.address,
                cause = %denied,
                left_out = line.left_out,
                "a request was refused"
            );
        }
        ApiError::from(denied)
    })
}

/// Refuses sockets that a page of another site opens.
pub(crate) async fn own_page_socket(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    own_page::check_socket(&caller, request.headers()).map_err(|denied| {
        if let Some(line) = app.refusals().count(denied.kind()) {
            tracing::warn!(
                address = %caller.address,
                cause = %denied,
                left_out = line.left_out,
                "a socket of the local service was refused"
            );
        }
        ApiError::from(denied)
    })?;
    Ok(next.run(request).await)
}

/// The answer to a request that may not come in. Probes come by address and see nothing, so they may.
pub(crate) fn refusal(app: &AppState, request: &Request) -> Option<Response> {
    if health::is_probe(request.uri().path()) {
        return None;
    }
    let admitted = app.access().admits(request.version(), request.headers());
    let denied = admitted.err()?;
    if let Some(line) = app.refusals().count(denied.kind()) {
        tracing::warn!(cause = %denied, left_out = line.left_out, "a request was refused");
    }
    Some(ApiError::from(denied).into_response())
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

/// Why nobody could be told apart from anybody else.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Other machines can reach it, and nothing says who may.
    #[error(
        "--listen {listen} lets other machines in, and --auth loopback serves this one alone: choose \
         --auth proxy (a reverse proxy signs people in), --auth password (one passphrase for all) or, \
         where everybody may spend this account's money, --auth open."
    )]
    BeyondLoopback {
        /// The address that was asked for.
        listen: std::net::SocketAddr,
    },
    /// Nobody's word is believed.
    #[error(
        "--auth proxy needs --trusted-proxy: the address or network from which your reverse proxy \
         calls, such as 127.0.0.1 or 10.0.0.0/8."
    )]
    NoProxy,
    /// There is no passphrase.
    #[error(
        "--auth password needs a passphrase's hash in INTURN_PASSWORD_HASH, or in the file that \
         INTURN_PASSWORD_HASH_FILE names: `inturn hash-password` makes one."
    )]
    NoPassword,
    /// The system gave no random bytes.
    #[error("The system gives no random bytes, without which nobody can sign in.")]
    NoRandomness,
    /// There is nothing to mint tokens with.
    #[error(
        "There is no API key: set ASSEMBLYAI_API_KEY or ASSEMBLYAI_API_KEY_FILE, or ask for the local \
         service with --local-service. (Only --auth loopback takes it without being asked.)"
    )]
    NoKey,
}
