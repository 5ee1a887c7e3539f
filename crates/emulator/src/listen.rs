//! Listeners of the binary: plain TCP or TLS, both with TCP_NODELAY.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::serve::Listener;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring},
    server::TlsStream,
};

/// Binds an address. The error names the address.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!(
                    "{address} is in use by another program: choose another address with --listen"
                )
            }
            _ => format!("cannot listen on {address}: {error}"),
        })
}

/// Reads the certificate and the key. The error names the file.
pub(crate) fn tls_config(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
    let wrong = |path: &Path, what: &str, error: &dyn std::fmt::Display| {
        format!("{} contains no {what}: {error}", path.display())
    };
    let certs: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(cert, "certificate in PEM format", &error))?;
    if certs.is_empty() {
        return Err(wrong(
            cert,
            "certificate in PEM format",
            &"no certificate found",
        ));
    }
    let key_der = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| wrong(key, "private key in PEM format", &error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(certs, key_der)
        .map_err(|error| wrong(key, "key for that certificate", &error))?;
    // The service supports no WebSocket over HTTP/2, which is another protocol (RFC 8441).
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// TCP listener that sets TCP_NODELAY, so that small messages are sent at once.
pub(crate) struct NoDelayListener(pub(crate) TcpListener);

impl Listener for NoDelayListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        set_no_delay(&stream);
        (stream, peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// TLS listener. Handshakes run in their own tasks, so that a slow client delays no other client.
pub(crate) struct TlsListener {
    local: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    pub(crate) fn new(listener: TcpListener, config: Arc<ServerConfig>) -> io::Result<Self> {
        let local = listener.local_addr()?;
        let (accepted, ready) = mpsc::channel(READY_CONNECTIONS);
        let acceptor = TlsAcceptor::from(config);
        tokio::spawn(async move {
            let mut listener = NoDelayListener(listener);
            while !accepted.is_closed() {
                let (stream, peer) = listener.accept().await;
                let (acceptor, accepted) = (acceptor.clone(), accepted.clone());
                tokio::spawn(async move {
                    let handshake =
                        tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream));
                    match handshake.await {
                        // The send fails only while the program ends.
                        Ok(Ok(stream)) => drop(accepted.send((stream, peer)).await),
                        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                        Err(_) => tracing::debug!("TLS handshake timed out"),
                    }
                });
            }
        });
        Ok(Self { local, ready })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            // Never happens: the sending task ends only after this value is dropped.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.local)
    }
}

fn set_no_delay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
}

/// Capacity for connections that axum has not accepted yet. It accepts them at once.
const READY_CONNECTIONS: usize = 64;
/// Many times what a slow phone needs for a handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
