//! A minimal reverse proxy: it serves everything below a prefix, which it removes before
//! forwarding.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

use crate::{browser::PATIENCE, stage};

/// A running proxy, stopped on drop.
pub struct Proxy {
    /// The URL of the page, with a trailing slash.
    pub url: String,
    exchanges: Arc<watch::Sender<Vec<Exchange>>>,
    gate: Arc<Mutex<Option<Gate>>>,
    task: JoinHandle<()>,
}

/// A response that the proxy sends instead of forwarding.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The path below the prefix that is affected; `None` for all paths.
    pub path: Option<String>,
    /// The response: status line, headers and body.
    pub answer: String,
}

impl Gate {
    /// Creates a response for all paths, with a status such as `302 Found`, headers and a body.
    pub fn new(status: &str, headers: &[&str], body: &str) -> Self {
        let mut answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
        for header in headers {
            answer += header;
            answer += "\r\n";
        }
        answer += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        Self { path: None, answer }
    }

    /// Limits the response to this path.
    #[must_use]
    pub fn only(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }
}

/// A request and its response.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The requested path, without the query.
    pub path: String,
    /// Whether the request is a WebSocket upgrade.
    pub is_upgrade: bool,
    /// The response with its head. `None` for a WebSocket, and for a path outside the prefix, which
    /// gets a 404.
    pub answer: Option<String>,
}

impl Proxy {
    /// Serves `server` below `prefix`. `server` is an `http://` URL with a trailing slash; `prefix`
    /// begins and ends with a slash.
    ///
    /// # Panics
    ///
    /// If it can't listen.
    pub async fn start(server: &str, prefix: &'static str) -> Self {
        let server = server
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let listener = TcpListener::bind(stage::loopback())
            .await
            .expect("a free port");
        let address: SocketAddr = listener.local_addr().expect("the socket listens");
        let exchanges = Arc::new(watch::Sender::default());
        let task_exchanges = Arc::clone(&exchanges);
        let gate: Arc<Mutex<Option<Gate>>> = Arc::default();
        let task_gate = Arc::clone(&gate);
        let task = tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                let (server, exchanges) = (server.clone(), Arc::clone(&task_exchanges));
                let gate = Arc::clone(&task_gate);
                tokio::spawn(async move {
                    // Errors of a closed connection do not matter.
                    let _ = forward(browser, &server, prefix, &gate, &exchanges).await;
                });
            }
        });
        Self {
            url: format!("http://{address}{prefix}"),
            exchanges,
            gate,
            task,
        }
    }

    /// Makes the proxy answer requests itself, like a proxy with a sign-in. `None` forwards them
    /// again. Open WebSockets are not affected.
    pub fn set_gate(&self, gate: Option<Gate>) {
        *locked(&self.gate) = gate;
    }

    /// Returns all requests so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.borrow().clone()
    }

    /// Waits for a condition on all requests so far.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn wait_for(&self, condition: impl Fn(&[Exchange]) -> bool) {
        let mut exchanges = self.exchanges.subscribe();
        let waiting = exchanges.wait_for(|all| condition(all));
        let is_met = timeout(PATIENCE, waiting).await.is_ok();
        let paths: Vec<String> = self.exchanges().into_iter().map(|it| it.path).collect();
        assert!(is_met, "timeout after the requests {paths:#?}");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Forwards one request. The response has `Connection: close`, so that only the head needs parsing.
async fn forward(
    mut browser: TcpStream,
    server: &str,
    prefix: &str,
    gate: &Mutex<Option<Gate>>,
    exchanges: &watch::Sender<Vec<Exchange>>,
) -> io::Result<()> {
    let mut head = Vec::new();
    let mut body = loop {
        if browser.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
        let end = head.windows(4).position(|it| it == b"\r\n\r\n");
        if let Some(end) = end {
            break head.split_off(end + 4);
        }
    };
    let head = String::from_utf8_lossy(&head);
    // Only forms of the sign-in have a body.
    while body.len() < content_length(&head) {
        if browser.read_buf(&mut body).await? == 0 {
            return Ok(());
        }
    }
    let target = head.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let is_upgrade = head.to_ascii_lowercase().contains("\r\nupgrade: websocket");
    let record = |answer| {
        let path = path.clone();
        let exchange = Exchange {
            path,
            is_upgrade,
            answer,
        };
        exchanges.send_modify(|all| all.push(exchange));
    };
    if !target.starts_with(prefix) {
        record(None);
        return browser.write_all(NOT_FOUND).await;
    }

    // Read now, not at accept: browsers open connections before they need them.
    let gate = locked(gate).clone();
    if let Some(gate) = gate
        && gate.path.is_none_or(|it| path == format!("{prefix}{it}"))
    {
        record(Some(gate.answer.clone()));
        return browser.write_all(gate.answer.as_bytes()).await;
    }
    let stripped = head.replacen(prefix, "/", 1);
    let mut upstream = TcpStream::connect(server).await?;
    if is_upgrade {
        record(None);
        upstream.write_all(stripped.as_bytes()).await?;
        copy_bidirectional(&mut browser, &mut upstream).await?;
        return Ok(());
    }
    upstream
        .write_all(with_connection_close(&stripped).as_bytes())
        .await?;
    upstream.write_all(&body).await?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).await?;
    record(Some(String::from_utf8_lossy(&answer).into_owned()));
    browser.write_all(&answer).await
}

fn content_length(head: &str) -> usize {
    let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    lines
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

/// Returns the head with `Connection: close` instead of the browser's `Connection` header, whose
/// spelling differs between browsers.
fn with_connection_close(head: &str) -> String {
    let lines = head.split("\r\n").map(|line| {
        let is_connection = line.to_ascii_lowercase().starts_with("connection:");
        if is_connection {
            "Connection: close"
        } else {
            line
        }
    });
    lines.collect::<Vec<_>>().join("\r\n")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const NOT_FOUND: &[u8] =
    b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_gate_applies_to_requests_on_connections_opened_before() {
        let proxy = Proxy::start("http://127.0.0.1:9/", "/x/").await;
        let address = proxy
            .url
            .trim_start_matches("http://")
            .trim_end_matches("/x/");
        // When the second connection is answered, the first has been accepted too.
        let mut early = TcpStream::connect(address).await.expect("connects");
        let mut later = TcpStream::connect(address).await.expect("connects");
        later
            .write_all(b"GET / HTTP/1.1\r\n\r\n")
            .await
            .expect("sent");
        let mut answer = String::new();
        later.read_to_string(&mut answer).await.expect("answered");
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");

        proxy.set_gate(Some(Gate::new("401 Unauthorized", &[], "")));
        early
            .write_all(b"GET /x/token HTTP/1.1\r\n\r\n")
            .await
            .expect("sent");
        let mut answer = String::new();
        early.read_to_string(&mut answer).await.expect("answered");
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
}
