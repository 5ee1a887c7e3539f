//! A stub of the service in this process, which sends a list of replies.

use std::sync::{Arc, Mutex};

use inturn_service::{ApiKey, ServiceClient, ServiceUrl, TokenRequest};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

/// The key of every call.
pub(crate) const KEY: &str = "key-marker-0123456789abcdef";

/// The token of every good reply.
pub(crate) const TOKEN: &str = "token-marker-0123456789";

/// The request of every call.
pub(crate) const REQUEST: TokenRequest = TokenRequest {
    expires_in_seconds: 60,
    max_session_duration_seconds: 600,
};

/// What the stub does with one call.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Sends these bytes, and waits for the next call.
    Bytes(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Last(Vec<u8>),
    /// Sends these bytes and then blocks of zeros, until the client closes the connection.
    Flood(Vec<u8>),
}

impl Reply {
    /// A complete reply. Each of `headers` must end in a line break.
    pub(crate) fn whole(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Bytes(
            format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
                .into_bytes(),
        )
    }

    /// A reply with a token.
    pub(crate) fn token() -> Self {
        let body = format!(r#"{{"token":"{TOKEN}","expires_in_seconds":60}}"#);
        Self::whole("200 OK", "", &body)
    }
}

pub(crate) struct Stub {
    url: String,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    heads: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    flooded: Mutex<usize>,
    called: Notify,
    gone: Notify,
}

impl Stub {
    /// Answers the first call with the first reply, and so on. The last reply is repeated.
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *shared.connections.lock().expect("no panic") += 1;
                tokio::spawn(serve(stream, replies.clone(), Arc::clone(&shared)));
            }
        });
        Self { url, seen, task }
    }

    pub(crate) fn client(&self) -> ServiceClient {
        let service: ServiceUrl = self.url.parse().expect("a base URL");
        let key = ApiKey::parse(KEY).expect("a key").expect("not empty");
        ServiceClient::new(&service, &key).expect("a client")
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The heads of all calls: request line and headers.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.seen.heads.lock().expect("no panic").clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.seen.connections.lock().expect("no panic")
    }

    /// Bytes of [`Reply::Flood`] that were written before the client closed the connection.
    pub(crate) async fn flooded(&self) -> usize {
        self.seen.gone.notified().await;
        *self.seen.flooded.lock().expect("no panic")
    }

    /// Waits until a call was received and its reply was sent.
    pub(crate) async fn called(&self) {
        self.seen.called.notified().await;
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, replies: Vec<Reply>, seen: Arc<Seen>) {
    while let Some(head) = read_head(&mut stream).await {
        let at = {
            let mut heads = seen.heads.lock().expect("no panic");
            heads.push(head);
            heads.len() - 1
        };
        let reply = replies.get(at).or(replies.last()).expect("a reply");
        let (Reply::Bytes(bytes) | Reply::Last(bytes) | Reply::Flood(bytes)) = reply;
        if stream.write_all(bytes).await.is_err() {
            return;
        }
        seen.called.notify_one();
        match reply {
            Reply::Bytes(_) => {}
            Reply::Last(_) => return,
            Reply::Flood(_) => {
                while stream.write_all(&BLOCK).await.is_ok() {
                    *seen.flooded.lock().expect("no panic") += BLOCK.len();
                }
                seen.gone.notify_one();
                return;
            }
        }
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

const BLOCK: [u8; 16 * 1024] = [b'0'; 16 * 1024];
