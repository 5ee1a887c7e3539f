//! Authorization of requests for a token.
//!
//! [`Access::person`] alone makes the decision, from the configuration, the caller and the
//! request's headers. It has no state. Its only call is to the Redis of shared limits, which has
//! the sign-outs of all replicas.

pub(crate) mod cookie;
mod denied;
mod error;
mod hosts;
pub(crate) mod own_page;
pub(crate) mod password;
mod proxy;

use std::sync::Arc;

use axum::http::{HeaderMap, Version};
pub(crate) use denied::Denied;
pub use error::AccessError;
pub use password::hash_password;

use self::{password::PasswordAccess, proxy::ProxyAccess};
use crate::{
    caller::Caller,
    config::{AccessSecrets, AuthMode, Config},
    limits::Limits,
    metrics::SignInCounts,
};

/// The access rule of this server, by `--auth`.
pub(crate) enum Access {
    /// Only this machine: the listener is on loopback, and the page was opened at a loopback
    /// address.
    Loopback,
    /// Only people that a trusted proxy names.
    Proxy(Box<ProxyAccess>),
    /// Only people who signed in with the passphrase.
    Password(Arc<PasswordAccess>),
    /// Everyone.
    Open,
}

/// A person who may get a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Person {
    /// The name that the proxy sent; `None` in the other modes.
    pub(crate) name: Option<String>,
}

impl Access {
    /// Creates the rule.
    ///
    /// # Errors
    ///
    /// Returns an [`AccessError`] if a flag or secret that the mode needs is missing, or if flags
    /// contradict each other.
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

    /// Checks whether the server may serve such a request at all, a token or a file.
    pub(crate) fn admit(&self, version: Version, headers: &HeaderMap) -> Result<(), Denied> {
        match self {
            Self::Loopback => {
                hosts::check_host(headers)?;
                hosts::check_unproxied(version, headers)
            }
            Self::Proxy(_) | Self::Password(_) | Self::Open => Ok(()),
        }
    }

    /// Returns the URL that the page opens in a new window when a sign-in has ended.
    pub(crate) fn sign_in_url(&self) -> Option<&'static str> {
        matches!(self, Self::Password(_)).then_some("sign-in?again=1")
    }

    /// Returns `true` if the person must sign in with the passphrase first.
    pub(crate) async fn needs_sign_in(
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

    /// Reads the secrets of this rule again. A secret that is unusable or missing keeps its old
    /// value, because removing a secret must never widen access.
    pub(crate) fn reload(&self) {
        match self {
            Self::Loopback | Self::Open => {}
            Self::Proxy(proxy) => match AccessSecrets::read_proxy() {
                Ok(Some(secret)) => {
                    proxy.use_secret(secret);
                    tracing::info!("the proxy's secret was read again");
                }
                Ok(None) if proxy.has_secret() => {
                    tracing::error!("the proxy's secret was not read again: it is no longer set");
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
                        "the passphrase's hash was not read again: it is no longer set"
                    );
                }
                Err(error) => tracing::error!(%error, "the passphrase's hash was not read again"),
            },
        }
    }

    /// Returns the person who requests a token, if they may have one. The caller has checked that
    /// this rule [admits](Self::admit) the request and that it is not from a page of another site.
    pub(crate) async fn person(
        &self,
        limits: &Limits,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Result<Person, Denied> {
        let name = match self {
            Self::Loopback => {
                hosts::check_page_host(headers)?;
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
            own_page::check_origin_known(caller, headers)?;
        }
        Ok(Person { name })
    }
}
