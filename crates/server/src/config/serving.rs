use clap::Args;

/// How much of the server one client may hold, and for how long.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connections")]
pub struct ServingConfig {
    /// Connections at once, 1 to 1000000. Beyond them the one that has waited longest for its client is
    /// closed, and if none waits the new one is refused. `INTURN_MAX_CONNECTIONS`, default `4096`.
    // A browser keeps up to six, a proxy a few dozen: thousands of people at once. Each costs 14 kB
    // here and as much in the system.
    #[arg(
        long,
        env = "INTURN_MAX_CONNECTIONS",
        value_name = "COUNT",
        default_value_t = 4096,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub max_connections: u32,

    /// Connections at once from one address, or IPv6 network of 64 bits, 0 to 1000000; 0 is no limit.
    /// Trusted proxies have none. `INTURN_MAX_CONNECTIONS_PER_ADDRESS`, default `512`.
    // An eighth of all, so that one machine can't hold them all. An office behind one address seldom has as
    // many requests under way; connections that only wait make room for its new ones.
    #[arg(
        long,
        env = "INTURN_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "COUNT",
        default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub max_connections_per_address: u32,

    /// Bytes that a request's line and headers may have together, 8192 to 1048576.
    /// `INTURN_MAX_HEADER_BYTES`, default `32768`.
    // What nginx takes by default, so that whatever passes there passes here: sign-in proxies send
    // cookies and identity tokens of ten kilobytes and more.
    #[arg(
        long,
        env = "INTURN_MAX_HEADER_BYTES",
        value_name = "BYTES",
        default_value_t = 32_768,
        value_parser = clap::value_parser!(u32).range(8_192..=1_048_576)
    )]
    pub max_header_bytes: u32,

    /// Seconds in which a request's headers must be there, from its first byte or from the connection's
    /// start, 1 to 300. `INTURN_HEADER_TIMEOUT_SECONDS`, default `15`.
    // A browser sends them in one packet; the seconds are for a mobile network that loses some.
    #[arg(
        long,
        env = "INTURN_HEADER_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15,
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    pub header_timeout_seconds: u64,

    /// Seconds in which a request's body must be there, 1 to 300. `INTURN_BODY_TIMEOUT_SECONDS`, default
    /// `15`.
    // The only body that is read is a passphrase.
    #[arg(
        long,
        env = "INTURN_BODY_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15,
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    pub body_timeout_seconds: u64,

    /// Seconds that a client may leave an answer without taking any more of it, 1 to 300.
    /// `INTURN_UNREAD_TIMEOUT_SECONDS`, default `30`.
    // The system goes on trying for as long after a phone has lost its network; nobody who is there
    // takes nothing for so long.
    #[arg(
        long,
        env = "INTURN_UNREAD_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    pub unread_timeout_seconds: u64,

    /// Seconds that a connection is kept for another request, 1 to 3600. `INTURN_IDLE_TIMEOUT_SECONDS`,
    /// default `75`.
    // Longer than proxies keep theirs to us (nginx: 60 s), so that they close them and never send a
    // request into one that we are closing.
    #[arg(
        long,
        env = "INTURN_IDLE_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 75,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub idle_timeout_seconds: u64,
}
