//! Serves routes on loopback, over TCP or TLS.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use axum::{Router, serve::Listener};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Without encryption.
    Tcp,
    /// With a certificate that no system trusts.
    Tls,
}

/// Routes that are served until this is dropped.
pub struct Serving {
    /// The base URL.
    pub url: String,
    /// Trusts the server's certificate.
    pub tls: Arc<ClientConfig>,
    /// The server's certificate.
    pub certificate: CertificateDer<'static>,
    /// The same as a file for `SSL_CERT_FILE`.
    pub certificate_pem: String,
    server: JoinHandle<io::Result<()>>,
}

impl Serving {
    /// Serves `router` on a free port.
    ///
    /// # Panics
    ///
    /// If it can't listen.
    pub async fn start(router: Router, transport: Transport) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let (server_tls, certificate, certificate_pem) = certified();
        let tls = trusting(certificate.clone());
        let (url, server) = match transport {
            Transport::Tcp => (
                format!("http://127.0.0.1:{port}"),
                tokio::spawn(axum::serve(listener, router).into_future()),
            ),
            Transport::Tls => {
                let listener = TlsListener {
                    listener,
                    acceptor: TlsAcceptor::from(server_tls),
                };
                (
                    format!("https://localhost:{port}"),
                    tokio::spawn(axum::serve(listener, router).into_future()),
                )
            }
        };
        Self {
            url,
            tls,
            certificate,
            certificate_pem,
            server,
        }
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Returns the settings of a server with its own certificate, and the certificate in both forms.
fn certified() -> (Arc<ServerConfig>, CertificateDer<'static>, String) {
    let names = ["localhost".to_owned(), SERVICE_HOST.to_owned()];
    let signed = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let certificate = signed.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der());
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], PrivateKeyDer::from(key))
        .expect("a certificate and its key");
    (Arc::new(server), certificate, signed.cert.pem())
}

/// Returns the settings of a client that trusts only this certificate.
///
/// # Panics
///
/// If it is not a certificate.
pub fn trusting(certificate: CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(client)
}

/// A name of the server that no system can resolve.
pub const SERVICE_HOST: &str = "service.test";

struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, peer) = Listener::accept(&mut self.listener).await;
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
