use clap::Args;

/// Limits and timeouts of connections.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connections")]
pub struct ServingConfig {
    /// Maximum number of connections, 1 to 1000000. At the maximum, a new connection replaces the
    /// one that has waited longest for its client; if none waits, the new one is refused.
    /// `INTURN_MAX_CONNECTIONS`, default 4096.
    // A browser keeps up to six connections, a proxy a few dozen, so this is enough for thousands
    // of people. Each needs 14 kB here and as much in the operating system.
    #[arg(
        long,
        env = "INTURN_MAX_CONNECTIONS",
        value_name = "COUNT",
        default_value_t = 4096,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub max_connections: u32,

    /// Maximum number of connections from one address or IPv6 /64 network, 0 to 1000000; 0 is no
    /// limit. Trusted proxies are exempt. `INTURN_MAX_CONNECTIONS_PER_ADDRESS`, default 512.
    // An eighth of all, so that one machine can't hold all of them. An office behind one address
    // seldom has so many requests in progress; idle connections are closed for new ones.
    #[arg(
        long,
        env = "INTURN_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "COUNT",
        default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub max_connections_per_address: u32,

    /// Maximum size of a request's line and headers in bytes, 8192 to 1048576.
    /// `INTURN_MAX_HEADER_BYTES`, default 32768.
    // The default of nginx, so that any request it forwards is accepted. Sign-in proxies send
    // cookies and identity tokens of ten kilobytes and more.
    #[arg(
        long,
        env = "INTURN_MAX_HEADER_BYTES",
        value_name = "BYTES",
        default_value_t = 32_768,
        value_parser = clap::value_parser!(u32).range(8_192..=1_048_576)
    )]
    pub max_header_bytes: u32,

    /// Timeout for a request's headers in seconds, from the connection's start or the request's
    /// first byte, 1 to 300. `INTURN_HEADER_TIMEOUT_SECONDS`, default 15.
    // A browser sends them in one packet. The rest is for mobile networks that lose packets.
    #[arg(
        long,
        env = "INTURN_HEADER_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15,
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    pub header_timeout_seconds: u64,

    /// Timeout for a request's body in seconds, 1 to 300. `INTURN_BODY_TIMEOUT_SECONDS`, default
    /// 15.
    // Bodies are small: a passphrase, or the report of a recording's begin.
    #[arg(
        long,
        env = "INTURN_BODY_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15,
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    pub body_timeout_seconds: u64,

    /// Timeout in seconds for a client that reads nothing more of its response, 1 to 300.
    /// `INTURN_UNREAD_TIMEOUT_SECONDS`, default 30.
    // About as long as the operating system retransmits after a phone has lost its network. A
    // client that is still there reads something in that time.
    #[arg(
        long,
        env = "INTURN_UNREAD_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    pub unread_timeout_seconds: u64,

    /// Keep-alive timeout of idle connections in seconds, 1 to 3600. `INTURN_IDLE_TIMEOUT_SECONDS`,
    /// default 75.
    // Longer than proxies keep idle connections to the server (nginx: 60 s). The proxy then closes
    // first, and never sends a request on a connection that the server is closing.
    #[arg(
        long,
        env = "INTURN_IDLE_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 75,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub idle_timeout_seconds: u64,
}
