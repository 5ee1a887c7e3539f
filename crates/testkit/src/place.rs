//! Who prints.

/// What prints, or is printed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Place {
    /// The program `inturn`.
    Server,
    /// The program `inturn-emulator`.
    Emulator,
    /// The log of a server or an emulator that runs in a test's own process.
    Log,
    /// The console of a page and of its worker.
    Console,
    /// What a server answers; tokens and cookies to whom they are due are left out.
    Answers,
    /// What a server counts.
    Metrics,
    /// Somebody's reverse proxy.
    Proxy,
    /// Redis.
    Redis,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Server,
        Self::Emulator,
        Self::Log,
        Self::Console,
        Self::Answers,
        Self::Metrics,
        Self::Proxy,
        Self::Redis,
    ];

    /// Those that all tests together make print. The recipes for proxies are tried on Linux alone.
    pub const EXPECTED: &[Self] = if cfg!(target_os = "linux") {
        &Self::ALL
    } else {
        &[
            Self::Server,
            Self::Emulator,
            Self::Log,
            Self::Console,
            Self::Answers,
            Self::Metrics,
            Self::Redis,
        ]
    };

    /// What its files' names begin with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Emulator => "emulator",
            Self::Log => "log",
            Self::Console => "console",
            Self::Answers => "answers",
            Self::Metrics => "metrics",
            Self::Proxy => "proxy",
            Self::Redis => "redis",
        }
    }

    /// What it surely says in the course of all tests: where this is not found, not everything was
    /// kept, and not finding a secret proves nothing.
    pub fn control(self) -> &'static str {
        match self {
            Self::Server => "path=\"/token\"",
            Self::Emulator => "stopping: sessions are ended",
            Self::Log => "a token was handed out",
            Self::Console => "inturn: session",
            Self::Answers => "\"websocket_url\"",
            Self::Metrics => "inturn_tokens_total{outcome=\"handed_out\"}",
            // Caddy's; nginx and HAProxy have nothing to say while all is well.
            Self::Proxy => "serving initial configuration",
            Self::Redis => "Ready to accept connections",
        }
    }
}
