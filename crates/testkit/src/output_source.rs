//! Where output comes from.

/// Kind of program or interface whose output is kept.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum OutputSource {
    /// The program `inturn`.
    Server,
    /// The program `inturn-emulator`.
    Emulator,
    /// The program `inturn-listen`.
    Listen,
    /// The log of a server or an emulator that runs in the test's own process.
    Log,
    /// The console of a page and of its worker.
    Console,
    /// The responses of a server, without the tokens and cookies meant for the client.
    Responses,
    /// The metrics of a server.
    Metrics,
    /// A third-party reverse proxy: nginx, Caddy or HAProxy.
    Proxy,
    /// Redis.
    Redis,
}

impl OutputSource {
    /// All sources.
    pub const ALL: [Self; 9] = [
        Self::Server,
        Self::Emulator,
        Self::Listen,
        Self::Log,
        Self::Console,
        Self::Responses,
        Self::Metrics,
        Self::Proxy,
        Self::Redis,
    ];

    /// The sources that a run of all tests produces. The proxy recipes are tested on Linux only.
    pub const EXPECTED: &[Self] = if cfg!(target_os = "linux") {
        &Self::ALL
    } else {
        &[
            Self::Server,
            Self::Emulator,
            Self::Listen,
            Self::Log,
            Self::Console,
            Self::Responses,
            Self::Metrics,
            Self::Redis,
        ]
    };

    /// Prefix of the names of this source's files.
    pub fn file_prefix(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Emulator => "emulator",
            Self::Listen => "listen",
            Self::Log => "log",
            Self::Console => "console",
            Self::Responses => "responses",
            Self::Metrics => "metrics",
            Self::Proxy => "proxy",
            Self::Redis => "redis",
        }
    }

    /// Text that this source always writes in a run of all tests.
    ///
    /// If it is missing, output was lost, and finding no secret proves nothing.
    pub fn expected_text(self) -> &'static str {
        match self {
            Self::Server => "path=\"/token\"",
            Self::Emulator => "stopping: closing all sessions",
            Self::Listen => " recorded, ",
            Self::Log => "a token was handed out",
            Self::Console => "inturn: session",
            Self::Responses => "\"websocket_url\"",
            Self::Metrics => "inturn_tokens_total{outcome=\"handed_out\"}",
            // Caddy's. nginx and HAProxy print nothing unless something is wrong.
            Self::Proxy => "serving initial configuration",
            Self::Redis => "Ready to accept connections",
        }
    }
}
