//! Limits of connections: slow clients are cut, quiet ones are not, and a client with a request
//! always gets a connection.

use std::{
    fs::File,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use inturn_protocol::{ClientMessage, ServerMessage, TokenReply};
use inturn_server::{
    Config, ServeOptions, app, config::PasswordHash, hash_password, listen, serve,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{FakeUpstream, KEY, Reply, ServerProgram, built_page, config, config_for};

/// A server in the test process.
struct TestServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
    _page: TempDir,
}

impl TestServer {
    async fn start(page: TempDir, config: &Config, options: ServeOptions) -> Self {
        let app = app(inturn_server::AppState::new(config).expect("a state"));
        let listener = listen("127.0.0.1:0".parse().expect("an address"))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serve(listener, app, stopped, options).await;
        });
        Self {
            address,
            stop,
            ended,
            _page: page,
        }
    }

    /// Starts a server with the local service and these limits.
    async fn with_local_service(options: ServeOptions) -> Self {
        let page = built_page();
        let config = config(page.path(), &["--recogniser=script"]);
        Self::start(page, &config, options).await
    }

    /// Starts a server whose service accepts calls and never responds.
    async fn with_hanging_service(options: ServeOptions) -> (Self, FakeUpstream) {
        let service = FakeUpstream::start(Reply::Hang).await;
        let page = built_page();
        let config = config_for(&service, page.path(), &[]);
        (Self::start(page, &config, options).await, service)
    }

    async fn connect(&self) -> Client {
        Client::connect(&self.address.to_string()).await
    }
}

/// A client that writes and reads raw bytes.
struct Client(TcpStream);

impl Client {
    async fn connect(address: &str) -> Self {
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    async fn send(&mut self, text: &str) {
        self.0
            .write_all(text.as_bytes())
            .await
            .expect("the data is sent");
    }

    async fn get(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
    }

    async fn assert_answered(&mut self) {
        self.get("/healthz").await;
        self.read_until("ok\n").await;
    }

    /// Reads until `end` has arrived.
    async fn read_until(&mut self, end: &str) -> String {
        let mut text = String::new();
        let reading = async {
            while !text.contains(end) {
                let mut bytes = [0; 4096];
                let count = self.0.read(&mut bytes).await.expect("the data is read");
                assert_ne!(count, 0, "closed before {end:?}: {text}");
                text.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        };
        timeout(TIMEOUT, reading).await.expect("before the timeout");
        text
    }

    /// Reads until the server closes the connection.
    async fn read_to_end(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let reading = async {
            let mut bytes = vec![0; 1 << 20];
            // A reset counts as a close.
            while let Ok(count @ 1..) = self.0.read(&mut bytes).await {
                all.extend_from_slice(&bytes[..count]);
            }
        };
        timeout(TIMEOUT, reading)
            .await
            .expect("the connection is closed before the timeout");
        all
    }
}

#[tokio::test]
async fn a_thousand_slow_heads_leave_room_for_a_client_and_time_out() {
    raise_open_file_limit();
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let flags = [
        "--header-timeout-seconds=1",
        "--max-connections-per-address=0",
    ];
    let program = program(page.path(), dir, &flags).await;
    let started = Instant::now();
    let mut slow = slow_clients(&program.address, 1000).await;
    assert_served(&program.address).await;
    for client in &mut slow {
        assert_eq!(client.read_to_end().await, b"");
    }
    assert!(started.elapsed() >= Duration::from_secs(1));
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn slow_heads_beyond_the_limit_are_displaced_by_a_client() {
    raise_open_file_limit();
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let flags = [
        "--header-timeout-seconds=300",
        "--max-connections=500",
        "--max-connections-per-address=0",
    ];
    let program = program(page.path(), dir, &flags).await;
    let mut slow = slow_clients(&program.address, 1000).await;
    assert_served(&program.address).await;
    // The connections that had waited longest were closed.
    for client in &mut slow[..500] {
        assert_eq!(client.read_to_end().await, b"");
    }
    let last = slow.last_mut().expect("at least one client");
    last.send("st: localhost\r\n\r\n").await;
    assert!(last.read_until("\r\n\r\n").await.contains("200 OK"));
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn progress_does_not_extend_the_header_timeout() {
    let server = TestServer::with_local_service(ServeOptions {
        header_timeout: Duration::from_secs(1),
        ..long_timeouts()
    })
    .await;
    // Each byte is progress, but the timeout still applies.
    let mut client = server.connect().await;
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    let slow_writes = async {
        loop {
            pace.tick().await;
            if client.0.write_all(b"x").await.is_err() {
                return;
            }
            if client.0.try_read(&mut [0; 1]).is_ok_and(|count| count == 0) {
                return;
            }
        }
    };
    timeout(TIMEOUT, slow_writes)
        .await
        .expect("the connection is cut before the timeout");
}

#[tokio::test]
async fn an_unread_response_is_cut() {
    let page = built_page();
    let big = File::create(page.path().join("big.bin")).expect("a file");
    big.set_len(BIG as u64).expect("a large file");
    let config = config(page.path(), &["--recogniser=script"]);
    let options = ServeOptions {
        unread_timeout: Duration::from_secs(1),
        ..long_timeouts()
    };
    let server = TestServer::start(page, &config, options).await;
    let mut client = server.connect().await;
    client.get("/big.bin").await;
    let head = client.read_until("\r\n\r\n").await;
    assert!(head.contains("200 OK"), "{head}");
    // Shutdown waits minutes for the response, but the client reads nothing of it.
    server.stop.send(()).expect("the server runs");
    timeout(TIMEOUT, server.ended)
        .await
        .expect("the connection is cut")
        .expect("no panic");
    assert!(client.read_to_end().await.len() < BIG);
}

#[tokio::test]
async fn a_websocket_may_be_idle_longer_than_any_timeout() {
    let second = Duration::from_secs(1);
    let server = TestServer::with_local_service(ServeOptions {
        header_timeout: second,
        body_timeout: second,
        unread_timeout: second,
        idle_timeout: second,
        ..long_timeouts()
    })
    .await;
    // The client panics without an installed crypto provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("http://{}/token", server.address);
    let body = reqwest::get(url).await.expect("a response").text().await;
    let reply = TokenReply::decode(&body.expect("a body")).expect("a token");
    let url = format!("ws://{}/{}", server.address, reply.socket_url());
    let (mut socket, _) = tokio_tungstenite::connect_async(url)
        .await
        .expect("a WebSocket connection");
    // Wait twice as long as any timeout: until two idle HTTP connections, one after the other, have
    // been closed.
    for _ in 0..2 {
        let mut idle = server.connect().await;
        idle.assert_answered().await;
        assert_eq!(idle.read_to_end().await, b"");
    }
    let terminate = serde_json::to_string(&ClientMessage::Terminate).expect("valid JSON");
    socket
        .send(Message::text(terminate))
        .await
        .expect("the data is sent");
    let last = async {
        loop {
            let message = socket
                .next()
                .await
                .expect("an open socket")
                .expect("a complete message");
            let message = ServerMessage::decode(message.to_text().expect("UTF-8"));
            if matches!(message.expect("a message"), ServerMessage::Termination(_)) {
                return;
            }
        }
    };
    timeout(TIMEOUT, last).await.expect("a termination message");
}

#[tokio::test]
async fn a_head_that_is_too_long_gets_431() {
    let server = TestServer::with_local_service(ServeOptions {
        max_header_bytes: 8192,
        ..long_timeouts()
    })
    .await;
    let long = "x".repeat(8192);
    for head in [
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(101)),
    ] {
        let mut client = server.connect().await;
        client.send(&head).await;
        let response = client.read_until("\r\n\r\n").await;
        assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
        client.read_to_end().await;
    }
}

#[tokio::test]
async fn the_header_limit_is_exact_to_the_byte() {
    for max in [8192, 10_000, 32_768] {
        let server = TestServer::with_local_service(ServeOptions {
            max_header_bytes: max,
            ..long_timeouts()
        })
        .await;
        for (bytes, status) in [(max - 1, 200), (max, 200), (max + 1, 431), (max + 900, 431)] {
            let begin = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ";
            let fill = "x".repeat(bytes - begin.len() - "\r\n\r\n".len());
            let mut client = server.connect().await;
            client.send(&format!("{begin}{fill}\r\n\r\n")).await;
            let response = client.read_until("\r\n\r\n").await;
            let expected = format!("HTTP/1.1 {status} ");
            assert!(
                response.starts_with(&expected),
                "{bytes} of {max}: {response}"
            );
        }
    }
}

#[tokio::test]
async fn a_late_body_gets_400_and_a_long_body_413() {
    let page = built_page();
    let mut config = config(page.path(), &["--auth=password", "--local-service"]);
    let hash = hash_password("correct horse").expect("a hash");
    config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
    let options = ServeOptions {
        body_timeout: Duration::from_secs(1),
        ..long_timeouts()
    };
    let server = TestServer::start(page, &config, options).await;
    for (length, sent, status) in [(20, "passphrase=", "400"), (9000, &"x".repeat(9000), "413")] {
        let mut client = server.connect().await;
        client
            .send(&format!(
                "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n\r\n{sent}"
            ))
            .await;
        let response = client.read_until("\r\n\r\n").await;
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{response}"
        );
    }
}

#[tokio::test]
async fn the_longest_idle_connection_is_displaced_by_a_new_one() {
    let server = TestServer::with_local_service(ServeOptions {
        max_connections: 2,
        ..long_timeouts()
    })
    .await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.assert_answered().await;
    second.assert_answered().await;
    first.assert_answered().await;
    let mut third = server.connect().await;
    third.assert_answered().await;
    // The first connection sent a second request, so the second one has been idle for longer.
    assert_eq!(second.read_to_end().await, b"");
    first.assert_answered().await;
}

#[tokio::test]
async fn a_new_connection_is_refused_if_all_others_are_busy() {
    let (server, service) = TestServer::with_hanging_service(ServeOptions {
        max_connections: 2,
        ..long_timeouts()
    })
    .await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.get("/token").await;
    second.get("/token").await;
    while service.calls() < 2 {
        tokio::task::yield_now().await;
    }
    let mut third = server.connect().await;
    third.get("/").await;
    let response = String::from_utf8(third.read_to_end().await).expect("UTF-8");
    assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
    assert!(response.contains("\r\nRetry-After: "), "{response}");
    assert!(response.contains("\"code\":\"overloaded\""), "{response}");
    // A browser gets an HTML page, even if its request arrives in small pieces.
    let mut person = server.connect().await;
    for part in [
        "GET / HTTP/1.1\r\nHo",
        "st: x\r\naccept: text/",
        "html,*/*;q=0.8\r\n\r\n",
    ] {
        person.send(part).await;
        tokio::task::yield_now().await;
    }
    let page = String::from_utf8(person.read_to_end().await).expect("UTF-8");
    assert!(page.starts_with("HTTP/1.1 503 "), "{page}");
    assert!(page.contains("\r\nContent-Type: text/html"), "{page}");
    assert!(page.contains("The server is too busy."), "{page}");
    assert!(page.contains("prefers-color-scheme: dark"), "{page}");
    // When one client leaves, another is served.
    drop(first);
    let served_again = async {
        loop {
            let mut client = server.connect().await;
            client.get("/healthz").await;
            if client.read_until("\r\n\r\n").await.contains("200 OK") {
                return;
            }
        }
    };
    timeout(TIMEOUT, served_again)
        .await
        .expect("a free connection before the timeout");
}

async fn program(folder: &std::path::Path, dir: &str, flags: &[&str]) -> ServerProgram {
    let mut args = vec!["--client-dir", dir, "--listen", "127.0.0.1:0"];
    args.extend(["--service-url", "http://127.0.0.1:9"]);
    args.extend(flags);
    ServerProgram::start(folder, &args, &[("ASSEMBLYAI_API_KEY", KEY)]).await
}

async fn slow_clients(address: &str, count: usize) -> Vec<Client> {
    let mut slow = Vec::new();
    for _ in 0..count {
        let mut client = Client::connect(address).await;
        client.send("GET / HTTP/1.1\r\nHo").await;
        slow.push(client);
    }
    slow
}

async fn assert_served(address: &str) {
    Client::connect(address).await.assert_answered().await;
}

/// Timeouts so long that no test reaches one by accident.
fn long_timeouts() -> ServeOptions {
    let minutes = Duration::from_secs(300);
    ServeOptions {
        header_timeout: minutes,
        body_timeout: minutes,
        unread_timeout: minutes,
        idle_timeout: minutes,
        grace: minutes,
        ..ServeOptions::default()
    }
}

/// Raises the limit of open files, for a thousand clients in this process.
fn raise_open_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let wanted = Rlimit {
            current: limit.maximum,
            ..limit
        };
        setrlimit(Resource::Nofile, wanted).expect("the soft limit can be raised to the hard one");
    }
}

/// More than the buffers of both sockets hold.
const BIG: usize = 64 << 20;

/// Far more than anything here takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(30);
