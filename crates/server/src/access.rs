//! Who may ask for a token.
//!
//! [`Access::person`] is the one place that decides it, from the configuration, the caller and the
//! request's headers. It keeps nothing. The one call it makes is to the Redis of shared limits, which knows
//! who signed out.

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

    /// Who asks for a token, if they may. The request is one that this rule [admits](Self::admits), and no
    /// page of another site asks.
    pub(crate) async fn person(
        &self,
        limits: &Limits,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Result<Person, Denied> {
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
