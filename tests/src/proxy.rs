//! A team's reverse proxy, as small as one can be: it serves everything below a prefix, which the
//! server behind it never sees.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::stage;

/// A running proxy; it ends with this value.
pub struct Proxy {
    /// Where the page is, with a slash at its end.
    pub url: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    gate: Arc<Mutex<Option<Gate>>>,
    task: JoinHandle<()>,
}

/// What the proxy answers by itself.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The one path below the prefix that is shut; all of them where it is not given.
    pub path: Option<String>,
    /// The answer: status line, headers and body.
    pub answer: String,
}

impl Gate {
    /// Shuts everything with this answer, such as `302 Found`, and these headers.
    pub fn new(status: &str, headers: &[&str], body: &str) -> Self {
        let mut answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
        for header in headers {
            answer += header;
            answer += "\r\n";
        }
        answer += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        Self { path: None, answer }
    }

    /// Shuts this path alone.
    #[must_use]
    pub fn only(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }
}

/// A request, and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The path as the browser asked for it, without its query.
    pub path: String,
    /// Whether it asked for a socket.
    pub is_upgrade: bool,
    /// The answer with its head; `None` for a socket, and for what lies outside the prefix, which
    /// gets 404.
    pub answer: Option<String>,
}

impl Proxy {
    /// Serves what is at `server`, an `http://` address with a slash at its end, below `prefix`,
    /// which begins and ends with a slash.
    ///
    /// # Panics
    ///
    /// When it can't listen.
    pub async fn start(server: &str, prefix: &'static str) -> Self {
        let server = server
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let listener = TcpListener::bind(stage::loopback())
            .await
            .expect("a free port");
        let address: SocketAddr = listener.local_addr().expect("it listens");
        let exchanges = Arc::default();
        let noted = Arc::clone(&exchanges);
        let gate: Arc<Mutex<Option<Gate>>> = Arc::default();
        let shut = Arc::clone(&gate);
        let task = tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                let (server, noted) = (server.clone(), Arc::clone(&noted));
                let shut = Arc::clone(&shut);
                tokio::spawn(async move {
                    // A browser that goes away in between is its own business.
                    let _ = pass_on(browser, &server, prefix, &shut, &noted).await;
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

    /// From now on, requests are answered by the proxy itself, as one does that signs people
    /// in; `None` lets them through again. Sockets that are open stay so.
    pub fn set_gate(&self, gate: Option<Gate>) {
        *locked(&self.gate) = gate;
    }

    /// What has been asked for so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        locked(&self.exchanges).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request a connection: the browser is told to close it, so that nothing needs to be parsed
/// but the head.
async fn pass_on(
    mut browser: TcpStream,
    server: &str,
    prefix: &str,
    gate: &Mutex<Option<Gate>>,
    exchanges: &Mutex<Vec<Exchange>>,
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
    // A form; nothing else that the page or its sign-in sends has a body.
    while body.len() < content_length(&head) {
        if browser.read_buf(&mut body).await? == 0 {
            return Ok(());
        }
    }
    let target = head.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let is_upgrade = head.to_ascii_lowercase().contains("\r\nupgrade: websocket");
    let note = |answer| {
        let path = path.clone();
        locked(exchanges).push(Exchange {
            path,
            is_upgrade,
            answer,
        });
    };
    if !target.starts_with(prefix) {
        note(None);
        return browser.write_all(NOT_FOUND).await;
    }

    // As it is now: browsers open connections before they know what to ask.
    let gate = locked(gate).clone();
    if let Some(gate) = gate
        && gate.path.is_none_or(|it| path == format!("{prefix}{it}"))
    {
        note(Some(gate.answer.clone()));
        return browser.write_all(gate.answer.as_bytes()).await;
    }
    let stripped = head.replacen(prefix, "/", 1);
    let mut behind = TcpStream::connect(server).await?;
    if is_upgrade {
        note(None);
        behind.write_all(stripped.as_bytes()).await?;
        copy_bidirectional(&mut browser, &mut behind).await?;
        return Ok(());
    }
    behind.write_all(closing(&stripped).as_bytes()).await?;
    behind.write_all(&body).await?;
    let mut answer = Vec::new();
    behind.read_to_end(&mut answer).await?;
    note(Some(String::from_utf8_lossy(&answer).into_owned()));
    browser.write_all(&answer).await
}

fn content_length(head: &str) -> usize {
    let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    lines
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

/// The head, with the wish that the connection be closed in place of any other; browsers write theirs
/// each in its own way.
fn closing(head: &str) -> String {
    let lines = head.split("\r\n").map(|line| {
        let is_wish = line.to_ascii_lowercase().starts_with("connection:");
        if is_wish { "Connection: close" } else { line }
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
    async fn a_gate_shuts_out_whoever_came_before_it_and_asks_after_it() {
        let proxy = Proxy::start("http://127.0.0.1:9/", "/x/").await;
        let address = proxy
            .url
            .trim_start_matches("http://")
            .trim_end_matches("/x/");
        // Of two, the second is accepted after the first.
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
