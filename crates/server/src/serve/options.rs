//! What [`serve`](crate::serve()) is told.

use std::time::Duration;

use crate::{
    config::{Network, ServingConfig},
    metrics::ConnectionCounts,
};

/// What a client may hold, and for how long.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Connections at once.
    pub max_connections: usize,
    /// Those from one address, or IPv6 network of 64 bits; 0 for no limit.
    pub max_connections_per_address: usize,
    /// Proxies, which may have as many as there are.
    pub trusted_proxies: Vec<Network>,
    /// Bytes of a request's line and headers together; 8192 at least.
    pub max_header_bytes: usize,
    /// From a request's first byte, or the connection's start, to the end of its headers.
    pub header_timeout: Duration,
    /// From a request's headers to the end of its body.
    pub body_timeout: Duration,
    /// How long an answer may be left without any more of it being taken.
    pub unread_timeout: Duration,
    /// From an answer to the next request.
    pub idle_timeout: Duration,
    /// How long open requests may take to finish at the end.
    pub grace: Duration,
    /// Where the connections are counted.
    pub counts: ConnectionCounts,
}

impl Default for ServeOptions {
    /// What the program does without flags.
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
    /// What the flags say; `grace` and what is shared with others come from elsewhere.
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
    fn the_program_serves_without_flags_as_others_do_by_default() {
        let config = Config::parse_flags(["inturn".into()]).expect("good flags");
        let grace = Duration::from_secs(config.listen.shutdown_grace_seconds);
        let [told, default] = [
            ServeOptions::new(&config.serving, grace),
            ServeOptions::default(),
        ]
        .map(|options| format!("{options:?}"));
        assert_eq!(told, default);
    }
}
