//! Options of [`serve`](crate::serve()).

use std::time::Duration;

use crate::{
    config::{Network, ServingConfig},
    metrics::ConnectionCounts,
};

/// Connection limits and timeouts.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Maximum number of open connections.
    pub max_connections: usize,
    /// Maximum number of open connections from one address, or IPv6 /64 network; 0 for no limit.
    pub max_connections_per_address: usize,
    /// Proxies: `max_connections_per_address` does not apply to them.
    pub trusted_proxies: Vec<Network>,
    /// Maximum size of a request's line and headers together, in bytes; at least 8192.
    pub max_header_bytes: usize,
    /// Timeout from a request's first byte, or the connection's start, to the end of its headers.
    pub header_timeout: Duration,
    /// Timeout from the end of a request's headers to the end of its body.
    pub body_timeout: Duration,
    /// Timeout for a client that reads nothing more of its response.
    pub unread_timeout: Duration,
    /// Timeout from a response to the next request.
    pub idle_timeout: Duration,
    /// How long open requests may take to finish at shutdown.
    pub grace: Duration,
    /// Metrics of the connections.
    pub counts: ConnectionCounts,
}

impl Default for ServeOptions {
    /// Returns the defaults of the program's flags.
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_connections_per_address: 512,
            trusted_proxies: Vec::new(),
            max_header_bytes: 32_768,
            header_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(15),
            unread_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            grace: Duration::from_secs(10),
            counts: ConnectionCounts::default(),
        }
    }
}

impl ServeOptions {
    /// Returns the options that the flags set; `trusted_proxies` and `counts` are left empty.
    pub fn new(config: &ServingConfig, grace: Duration) -> Self {
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            max_connections: count(config.max_connections),
            max_connections_per_address: count(config.max_connections_per_address),
            trusted_proxies: Vec::new(),
            max_header_bytes: count(config.max_header_bytes),
            header_timeout: Duration::from_secs(config.header_timeout_seconds),
            body_timeout: Duration::from_secs(config.body_timeout_seconds),
            unread_timeout: Duration::from_secs(config.unread_timeout_seconds),
            idle_timeout: Duration::from_secs(config.idle_timeout_seconds),
            grace,
            counts: ConnectionCounts::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn defaults_equal_those_of_the_flags() {
        let config = Config::parse_flags(["inturn".into()]).expect("good flags");
        let grace = Duration::from_secs(config.listen.shutdown_grace_seconds);
        let [from_flags, default] = [
            ServeOptions::new(&config.serving, grace),
            ServeOptions::default(),
        ]
        .map(|options| format!("{options:?}"));
        assert_eq!(from_flags, default);
    }
}
