//! A fake of the speech service's token endpoint on loopback: counts calls and connections, and answers as it is set.

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

/// What the fake service does with every call.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers with a status line, more head lines (each ended) and a body.
    Answer(&'static str, &'static str, Vec<u8>),
    /// Takes the call and never answers.
    Hang,
    /// Sends the head and half of the body, and no more.
    Stall,
    /// Closes the connection in the middle of the body.
    Cut,
    /// Answers so many calls on each connection with this body, and closes it at the next one.
    Close(usize, Vec<u8>),
    /// Sends a hundred megabytes, and counts how many the caller took.
    Flood,
}

impl Reply {
    /// A status and a JSON body.
    pub fn json(status: &'static str, body: &str) -> Self {
        Self::Answer(
            status,
            "Content-Type: application/json\r\n",
            body.as_bytes().to_vec(),
        )
    }

    /// A token, as the service gives it.
    pub fn token(token: &str) -> Self {
        Self::json(
            "200 OK",
            &format!(r#"{{"token":"{token}","expires_in_seconds":30}}"#),
        )
    }
}

/// A running fake; it ends with this value's [`FakeUpstream::kill`], or with the runtime.
#[derive(Debug)]
pub struct FakeUpstream {
    url: String,
    task: JoinHandle<()>,
    seen: Arc<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    heads: Mutex<Vec<String>>,
    connections: AtomicUsize,
    flooded: AtomicU64,
}

impl FakeUpstream {
    /// Starts one on a free port.
    ///
    /// # Panics
    ///
    /// When it can't listen.
    pub async fn start(reply: Reply) -> Self {
        Self::start_at("127.0.0.1:0", reply).await
    }

    /// One at the address of another that is gone.
    ///
    /// # Panics
    ///
    /// When it can't listen there.
    pub async fn start_at(address: &str, reply: Reply) -> Self {
        Self::start_behind(address, None, reply).await
    }

    /// One that speaks TLS, and the certificate that a caller must trust, in PEM.
    ///
    /// # Panics
    ///
    /// When it can't listen, or the certificate can't be made.
    pub async fn start_encrypted(reply: Reply) -> (Self, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a certificate and its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let service = Self::start_behind("127.0.0.1:0", Some(acceptor), reply).await;
        (service, made.cert.pem())
    }

    async fn start_behind(address: &str, tls: Option<TlsAcceptor>, reply: Reply) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = match tls {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        let seen = Arc::new(Seen::default());
        let for_task = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            // Ended with this task.
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                for_task.connections.fetch_add(1, Ordering::SeqCst);
                let (tls, reply, seen) = (tls.clone(), reply.clone(), Arc::clone(&for_task));
                talks.spawn(async move {
                    let Some(tls) = tls else {
                        return talk(stream, reply, seen).await;
                    };
                    // A caller that doesn't trust the certificate says so by going away.
                    if let Ok(stream) = tls.accept(stream).await {
                        talk(stream, reply, seen).await;
                    }
                });
            }
        });
        Self { url, task, seen }
    }

    /// Takes it away at once, with all its connections.
    pub async fn kill(&mut self) {
        self.task.abort();
        // Its end is that of what it owned.
        let _ = (&mut self.task).await;
    }

    /// Its base address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many calls have come.
    ///
    /// # Panics
    ///
    /// When its task has panicked.
    pub fn calls(&self) -> usize {
        self.seen.heads.lock().expect("no panic").len()
    }

    /// How many connections have been opened to it.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Bytes the caller let itself be sent by [`Reply::Flood`].
    pub fn flooded(&self) -> u64 {
        self.seen.flooded.load(Ordering::SeqCst)
    }

    /// The head of the latest call: request line and headers.
    ///
    /// # Panics
    ///
    /// When there was none.
    pub fn last_head(&self) -> String {
        let heads = self.seen.heads.lock().expect("no panic");
        heads.last().expect("a call").clone()
    }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, reply: Reply, seen: Arc<Seen>) {
    let mut answered = 0;
    while let Some(head) = read_head(&mut stream).await {
        seen.heads.lock().expect("no panic").push(head);
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
            Reply::Flood => return flood(&mut stream, &seen).await,
        }
    }
}

async fn flood(stream: &mut (impl AsyncWrite + Unpin), seen: &Seen) {
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
        seen.flooded.fetch_add(BLOCK as u64, Ordering::SeqCst);
    }
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
