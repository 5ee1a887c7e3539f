//! Asking a running server how it is, where there is no shell and no other program to do so.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::Client;

use crate::config::ListenConfig;

/// Asks the server that listens where `config` says; with `ready`, whether it is of use too.
///
/// # Errors
///
/// [`HealthError`] when it does not say that all is well.
pub async fn health(config: &ListenConfig, ready: bool) -> Result<(), HealthError> {
    let address = reachable(config.listen);
    // Nothing to verify, so a machine without certificates will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(PATIENCE)
        .build()?;
    let path = if ready { "/readyz" } else { "/healthz" };
    let answer = client.get(format!("http://{address}{path}")).send().await?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(HealthError::Unwell {
        address,
        status: answer.status().as_u16(),
    })
}

/// Why a server is not well.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    /// Nobody answers.
    #[error("No server answers: {0}.")]
    Unreachable(#[from] reqwest::Error),
    /// It says so itself.
    #[error("The server at {address} is not well: it answers {status}.")]
    Unwell {
        /// Where it was asked.
        address: SocketAddr,
        /// What it answered.
        status: u16,
    },
}

/// Where a server that listens at all addresses is to be found.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let address = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(address, listen.port())
}

/// Longer than the server looks for the service.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:8000", "[::1]:8000"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("10.1.2.3:80", "10.1.2.3:80"),
        ] {
            let address = reachable(listen.parse().expect("an address"));
            assert_eq!(address.to_string(), asked, "{listen}");
        }
    }
}
