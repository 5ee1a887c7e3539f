//! Proxies that are not in `--trusted-proxy`, said once each.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use axum::http::HeaderMap;

use super::proxy_signs;
use crate::config::AuthMode;

/// Logs once for each peer that its forwarding headers are not believed: most likely it is the
/// operator's own proxy, and everybody behind it counts as one.
pub(crate) struct UntrustedProxies {
    /// What that means here; `None` where such requests are refused anyway, and the refusal is logged.
    consequence: Option<&'static str>,
    said: Mutex<BTreeSet<IpAddr>>,
}

impl UntrustedProxies {
    pub(crate) fn new(auth: AuthMode) -> Self {
        Self {
            consequence: consequence(auth),
            said: Mutex::default(),
        }
    }

    /// Looks at a request whose peer is not trusted.
    pub(super) fn look(&self, peer: IpAddr, headers: &HeaderMap) {
        let Some(consequence) = self.consequence else {
            return;
        };
        let Some(header) = proxy_signs::forwarding_header(headers) else {
            return;
        };
        {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() >= MOST_SAID || !said.insert(peer) {
                return;
            }
        }
        tracing::warn!(
            %peer, header,
            "this peer sends forwarding headers and is not in --trusted-proxy, so they are ignored: \
             {consequence}; if it is your proxy, add its address"
        );
    }
}

/// What a proxy that is not trusted means in this mode.
pub(crate) fn consequence(auth: AuthMode) -> Option<&'static str> {
    match auth {
        AuthMode::Loopback => None,
        AuthMode::Proxy => Some("it can name nobody, and nobody gets a token through it"),
        AuthMode::Password => Some(
            "all people behind it share one address, so that a stranger's wrong passphrases keep \
             everybody out",
        ),
        AuthMode::Open => Some("all people behind it share the limits of one"),
    }
}

/// Strangers may send such headers too, and must not fill the log.
const MOST_SAID: usize = 8;
