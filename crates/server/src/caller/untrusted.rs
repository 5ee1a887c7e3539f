//! Warnings about proxies that are not in `--trusted-proxy`, once for each.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use axum::http::HeaderMap;

use super::proxy_signs;
use crate::config::AuthMode;

/// Logs once for each peer that its forwarding headers are ignored. Most likely the peer is the
/// operator's own proxy, and all people behind it count as one.
pub(crate) struct UntrustedProxies {
    /// What this means in the current mode; `None` if such requests are refused anyway, and the
    /// refusal is logged.
    consequence: Option<&'static str>,
    logged: Mutex<BTreeSet<IpAddr>>,
}

impl UntrustedProxies {
    pub(crate) fn new(auth: AuthMode) -> Self {
        Self {
            consequence: consequence(auth),
            logged: Mutex::default(),
        }
    }

    /// Checks the headers of a request whose peer is not trusted.
    pub(super) fn check(&self, peer: IpAddr, headers: &HeaderMap) {
        let Some(consequence) = self.consequence else {
            return;
        };
        let Some(header) = proxy_signs::forwarding_header(headers) else {
            return;
        };
        {
            let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
            if logged.len() >= MAX_LOGGED || !logged.insert(peer) {
                return;
            }
        }
        tracing::warn!(
            %peer, header,
            "this peer sends forwarding headers and is not in --trusted-proxy, so they are \
             ignored: {consequence}; if it is your proxy, add its address"
        );
    }
}

/// Returns what an untrusted proxy means in this mode.
pub(crate) fn consequence(auth: AuthMode) -> Option<&'static str> {
    match auth {
        AuthMode::Loopback => None,
        AuthMode::Proxy => Some("its user names are ignored, so no one gets a token through it"),
        AuthMode::Password => Some(
            "all people behind it share one address, so that one person's wrong passphrases lock \
             out all of them",
        ),
        AuthMode::Open => Some("all people behind it share the limits of one"),
    }
}

/// Any client can send such headers, and must not fill the log.
const MAX_LOGGED: usize = 8;
