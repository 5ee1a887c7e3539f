use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::path_prefix::plain_prefix;

/// Where the server listens and what it serves.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Serving")]
pub struct ListenConfig {
    /// Address and port to listen on; port 0 takes a free one. `INTURN_LISTEN`, default
    /// `127.0.0.1:8000`.
    #[arg(long, env = "INTURN_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8000", value_parser = address)]
    pub listen: SocketAddr,

    /// Path below which everything is, where the proxy in front passes paths on as they are. Where it
    /// takes its prefix away, nothing need be set. `INTURN_BASE_PATH`, default `/`.
    #[arg(
        long,
        env = "INTURN_BASE_PATH",
        value_name = "PATH",
        default_value = "/",
        value_parser = base_path
    )]
    pub base_path: String,

    /// Folder of the built page. `INTURN_CLIENT_DIR`, default `dist`, or the page that is built into the
    /// program.
    #[arg(long, env = "INTURN_CLIENT_DIR", value_name = "FOLDER")]
    pub client_dir: Option<PathBuf>,

    /// Address and port of a listener for metrics and probes alone: `/metrics` is nowhere else.
    /// `INTURN_METRICS_LISTEN`, default none.
    #[arg(long, env = "INTURN_METRICS_LISTEN", value_name = "ADDRESS:PORT", value_parser = address)]
    pub metrics_listen: Option<SocketAddr>,

    /// Seconds for which a browser that came by https will come by nothing else, 0 to 63072000.
    /// `INTURN_HSTS_SECONDS`, default 0: it is told nothing.
    // Two years, as lists of such hosts ask for. Nothing by default, since it binds the whole host.
    #[arg(
        long,
        env = "INTURN_HSTS_SECONDS",
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(0..=63_072_000)
    )]
    pub hsts_seconds: u32,

    /// Seconds that open requests get to finish once the server is told to stop, 0 to 300.
    /// `INTURN_SHUTDOWN_GRACE_SECONDS`, default 10.
    // Container runtimes kill ten seconds (Docker) to thirty seconds (Kubernetes) after SIGTERM,
    // and no request here takes longer than the nine seconds a call to the service may take.
    #[arg(
        long,
        env = "INTURN_SHUTDOWN_GRACE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(0..=300)
    )]
    pub shutdown_grace_seconds: u64,

    /// Seconds that the server goes on taking requests once it is told to stop, while `/readyz` says no,
    /// 0 to 300. `INTURN_SHUTDOWN_DELAY_SECONDS`, default 0.
    // For load balancers that go on sending requests until they have asked again; a few times their
    // interval is what they need.
    #[arg(
        long,
        env = "INTURN_SHUTDOWN_DELAY_SECONDS",
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(0..=300)
    )]
    pub shutdown_delay_seconds: u64,
}

/// Reads a path, and writes it with a slash at either end.
fn base_path(text: &str) -> Result<String, &'static str> {
    plain_prefix(text).ok_or(
        "it must be a path such as /team/scribe/, of letters, digits and the signs - . _ ~ alone",
    )
}

/// Reads an address and a port; `localhost` is the one name known, since it is what people type.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => &format!("127.0.0.1:{port}"),
        None => text,
    };
    numeric
        .parse()
        .map_err(|_| "it must be an address of this machine and a port, such as 127.0.0.1:8000")
}
