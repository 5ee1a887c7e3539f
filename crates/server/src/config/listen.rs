use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::path_prefix::plain_prefix;

/// The listen address, and what is served.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Serving")]
pub struct ListenConfig {
    /// Address and port to listen on; port 0 picks a free port. `INTURN_LISTEN`, default
    /// `127.0.0.1:8000`.
    #[arg(
        long,
        env = "INTURN_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8000",
        value_parser = address
    )]
    pub listen: SocketAddr,

    /// Path prefix of all routes, for a proxy that forwards paths unchanged. Not needed if the
    /// proxy strips the prefix. `INTURN_BASE_PATH`, default `/`.
    #[arg(
        long,
        env = "INTURN_BASE_PATH",
        value_name = "PATH",
        default_value = "/",
        value_parser = base_path
    )]
    pub base_path: String,

    /// Folder of the built page. `INTURN_CLIENT_DIR`, default `dist`, or the page embedded in the
    /// program.
    #[arg(long, env = "INTURN_CLIENT_DIR", value_name = "FOLDER")]
    pub client_dir: Option<PathBuf>,

    /// Address and port of a separate listener for `/metrics`, `/healthz` and `/readyz`. The main
    /// listener does not serve `/metrics`. `INTURN_METRICS_LISTEN`, default none.
    #[arg(long, env = "INTURN_METRICS_LISTEN", value_name = "ADDRESS:PORT", value_parser = address)]
    pub metrics_listen: Option<SocketAddr>,

    /// `max-age` of the `Strict-Transport-Security` header (HSTS) in seconds, 0 to 63072000; 0
    /// sends no header. `INTURN_HSTS_SECONDS`, default 0.
    // The maximum is the two years that preload lists recommend. Off by default, because HSTS
    // applies to the whole host.
    #[arg(
        long,
        env = "INTURN_HSTS_SECONDS",
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(0..=63_072_000)
    )]
    pub hsts_seconds: u32,

    /// Seconds that open requests have to finish when the server shuts down, 0 to 300.
    /// `INTURN_SHUTDOWN_GRACE_SECONDS`, default 10.
    // Container runtimes send SIGKILL ten seconds (Docker) to thirty seconds (Kubernetes) after
    // SIGTERM. The slowest request is a call to the service, of at most nine seconds.
    #[arg(
        long,
        env = "INTURN_SHUTDOWN_GRACE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(0..=300)
    )]
    pub shutdown_grace_seconds: u64,

    /// Seconds that the server keeps accepting requests before it shuts down, 0 to 300. `/readyz`
    /// answers 503 in that time. `INTURN_SHUTDOWN_DELAY_SECONDS`, default 0.
    // For load balancers, which send requests until their next health check. Set it to a few times
    // their interval.
    #[arg(
        long,
        env = "INTURN_SHUTDOWN_DELAY_SECONDS",
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(0..=300)
    )]
    pub shutdown_delay_seconds: u64,
}

/// Parses a path, and returns it with a slash at both ends.
fn base_path(text: &str) -> Result<String, &'static str> {
    plain_prefix(text)
        .ok_or("it must be a path such as /team/scribe/, with only letters, digits and - . _ ~")
}

/// Parses an address and a port. `localhost` is the only name accepted, since people type it.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => &format!("127.0.0.1:{port}"),
        None => text,
    };
    numeric
        .parse()
        .map_err(|_| "it must be an address of this machine and a port, such as 127.0.0.1:8000")
}
