//! A fake of the speech service's token endpoint, on a loopback port.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

/// What the fake service does with every request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers with a status, further header lines (each with its line end) and a body.
    Answer(&'static str, &'static str, Vec<u8>),
    /// Reads the request and never answers.
    Hang,
    /// Sends the head and part of the body, then nothing more.
    Stall,
    /// Closes the connection in the middle of the body.
    Cut,
    /// Answers this many requests on each connection with this body, and closes it at the next one.
    Close(usize, Vec<u8>),
    /// Sends 100 MiB and counts the bytes that were sent, see [`FakeUpstream::flooded`].
    Flood,
}

impl Reply {
    /// Answers with a status and a JSON body.
    pub fn json(status: &'static str, body: &str) -> Self {
        Self::Answer(
            status,
            "Content-Type: application/json\r\n",
            body.as_bytes().to_vec(),
        )
    }

    /// Answers with a token, in the service's form.
    pub fn token(token: &str) -> Self {
        Self::json(
            "200 OK",
            &format!(r#"{{"token":"{token}","expires_in_seconds":30}}"#),
        )
    }
}

/// A running fake of the token endpoint. Counts requests and connections.
///
/// It runs until [`FakeUpstream::kill`], or until the runtime ends.
#[derive(Debug)]
pub struct FakeUpstream {
    url: String,
    task: JoinHandle<()>,
    received: Arc<Received>,
}

#[derive(Debug, Default)]
struct Received {
    heads: Mutex<Vec<String>>,
    connections: AtomicUsize,
    flooded: AtomicU64,
}

impl FakeUpstream {
    /// Starts a fake on a free port.
    ///
    /// # Panics
    ///
    /// Panics if it can't listen.
    pub async fn start(reply: Reply) -> Self {
        Self::start_at("127.0.0.1:0", reply).await
    }

    /// Starts a fake at this address, such as the address of one that was killed.
    ///
    /// # Panics
    ///
    /// Panics if it can't listen there.
    pub async fn start_at(address: &str, reply: Reply) -> Self {
        Self::start_behind(address, None, reply).await
    }

    /// Starts a fake with TLS. Returns it with the certificate, in PEM, that a client must trust.
    ///
    /// # Panics
    ///
    /// Panics if it can't listen, or if the certificate can't be made.
    pub async fn start_encrypted(reply: Reply) -> (Self, String) {
        let signed =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(signed.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_no_client_auth()
            .with_single_cert(vec![signed.cert.der().clone()], key)
            .expect("a certificate and its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let service = Self::start_behind("127.0.0.1:0", Some(acceptor), reply).await;
        (service, signed.cert.pem())
    }

    async fn start_behind(address: &str, tls: Option<TlsAcceptor>, reply: Reply) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = match tls {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        let received = Arc::new(Received::default());
        let for_task = Arc::clone(&received);
        let task = tokio::spawn(async move {
            // Dropping the set with this task closes all connections.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                for_task.connections.fetch_add(1, Ordering::SeqCst);
                let (tls, reply, received) = (tls.clone(), reply.clone(), Arc::clone(&for_task));
                connections.spawn(async move {
                    let Some(tls) = tls else {
                        return serve_connection(stream, reply, received).await;
                    };
                    // The handshake fails if the client doesn't trust the certificate.
                    if let Ok(stream) = tls.accept(stream).await {
                        serve_connection(stream, reply, received).await;
                    }
                });
            }
        });
        Self {
            url,
            task,
            received,
        }
    }

    /// Stops it at once and closes all its connections.
    pub async fn kill(&mut self) {
        self.task.abort();
        // Waits until the task has dropped its listener and its connections.
        let _ = (&mut self.task).await;
    }

    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Number of requests received.
    ///
    /// # Panics
    ///
    /// Panics if its task has panicked.
    pub fn calls(&self) -> usize {
        self.received.heads.lock().expect("no panic").len()
    }

    /// Number of connections accepted.
    pub fn connections(&self) -> usize {
        self.received.connections.load(Ordering::SeqCst)
    }

    /// Number of body bytes that [`Reply::Flood`] could send before the client closed.
    pub fn flooded(&self) -> u64 {
        self.received.flooded.load(Ordering::SeqCst)
    }

    /// The head of the latest request: request line and headers.
    ///
    /// # Panics
    ///
    /// Panics if there was no request.
    pub fn last_head(&self) -> String {
        let heads = self.received.heads.lock().expect("no panic");
        heads.last().expect("a request").clone()
    }
}

async fn serve_connection(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    reply: Reply,
    received: Arc<Received>,
) {
    let mut answered = 0;
    while let Some(head) = read_head(&mut stream).await {
        received.heads.lock().expect("no panic").push(head);
        match &reply {
            Reply::Answer(status, lines, body) => {
                let head = format!(
                    "HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\n\r\n",
                    body.len()
                );
                let whole = [head.as_bytes(), body].concat();
                if stream.write_all(&whole).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Reply::Close(count, _) if answered == *count => return,
            Reply::Close(_, body) => {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                let whole = [head.as_bytes(), body].concat();
                if stream.write_all(&whole).await.is_err() {
                    return;
                }
                answered += 1;
            }
            Reply::Hang => {}
            Reply::Stall | Reply::Cut => {
                let half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"token\":\"half";
                if stream.write_all(half).await.is_err() || matches!(reply, Reply::Cut) {
                    return;
                }
            }
            Reply::Flood => return flood(&mut stream, &received).await,
        }
    }
}

async fn flood(stream: &mut (impl AsyncWrite + Unpin), received: &Received) {
    const BLOCK: usize = 64 * 1024;
    const TOTAL: usize = 100 * 1024 * 1024;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {TOTAL}\r\n\r\n");
    if stream.write_all(head.as_bytes()).await.is_err() {
        return;
    }
    for _ in 0..TOTAL / BLOCK {
        if stream.write_all(&[b'x'; BLOCK]).await.is_err() {
            return;
        }
        received.flooded.fetch_add(BLOCK as u64, Ordering::SeqCst);
    }
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
