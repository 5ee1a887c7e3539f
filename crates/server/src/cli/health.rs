//! `inturn health`: a health check for containers that hold no shell and no HTTP client.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::Client;

use crate::config::ListenConfig;

/// Queries the server at the address of `config`: `/readyz` if `ready`, else `/healthz`.
///
/// # Errors
///
/// [`HealthError`] unless the response has a success status.
pub async fn health(config: &ListenConfig, ready: bool) -> Result<(), HealthError> {
    let address = connect_address(config.listen);
    // Plain HTTP, so the machine needs no certificates.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(TIMEOUT)
        .build()?;
    let path = if ready { "/readyz" } else { "/healthz" };
    let response = client.get(format!("http://{address}{path}")).send().await?;
    if response.status().is_success() {
        return Ok(());
    }
    Err(HealthError::Unhealthy {
        address,
        status: response.status().as_u16(),
    })
}

/// Why a health check failed.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    /// The server can't be reached.
    #[error("The server can't be reached: {0}.")]
    Unreachable(#[from] reqwest::Error),
    /// The server answered with an error status.
    #[error("The server at {address} is not healthy: it answered with status {status}.")]
    Unhealthy {
        /// The server's address.
        address: SocketAddr,
        /// The status of its response.
        status: u16,
    },
}

/// The address to connect to: loopback if the server listens on all addresses.
fn connect_address(listen: SocketAddr) -> SocketAddr {
    let address = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(address, listen.port())
}

/// Longer than `/readyz` takes at most, which waits three seconds for the service.
const TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_on_all_addresses_is_queried_on_loopback() {
        for (listen, expected) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:8000", "[::1]:8000"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("10.1.2.3:80", "10.1.2.3:80"),
        ] {
            let address = connect_address(listen.parse().expect("an address"));
            assert_eq!(address.to_string(), expected, "{listen}");
        }
    }
}
