//! What a client may hold, and for how long: slow ones are cut, quiet ones are not, and there is always
//! a place for somebody who has something to ask.

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

use crate::support::{FakeUpstream, KEY, Program, Reply, built_page, config, config_for};

/// A server in this process.
struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
    _page: TempDir,
}

impl Served {
    async fn start(page: TempDir, config: &Config, options: ServeOptions) -> Self {
        let app = app(inturn_server::AppState::new(config).expect("a state"));
        let listener = listen("127.0.0.1:0".parse().expect("an address"))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, told) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            let told = async {
                let _ = told.await;
            };
            serve(listener, app, told, options).await;
        });
        Self {
            address,
            stop,
            ended,
            _page: page,
        }
    }

    /// One of the local service, with these limits.
    async fn alone(options: ServeOptions) -> Self {
        let page = built_page();
        let config = config(page.path(), &["--recogniser=script"]);
        Self::start(page, &config, options).await
    }

    /// One whose service takes calls and never answers.
    async fn hanging(options: ServeOptions) -> (Self, FakeUpstream) {
        let service = FakeUpstream::start(Reply::Hang).await;
        let page = built_page();
        let config = config_for(&service, page.path(), &[]);
        (Self::start(page, &config, options).await, service)
    }

    async fn connect(&self) -> Client {
        Client::connect(&self.address.to_string()).await
    }
}

/// The raw other end of a connection.
struct Client(TcpStream);

impl Client {
    async fn connect(address: &str) -> Self {
        Self(TcpStream::connect(address).await.expect("connects"))
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("sent");
    }

    async fn get(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
    }

    async fn is_answered(&mut self) {
        self.get("/healthz").await;
        self.read_until("ok\n").await;
    }

    /// Reads on until `end` has come.
    async fn read_until(&mut self, end: &str) -> String {
        let mut text = String::new();
        let reading = async {
            while !text.contains(end) {
                let mut bytes = [0; 4096];
                let count = self.0.read(&mut bytes).await.expect("reads");
                assert_ne!(count, 0, "closed before {end:?}: {text}");
                text.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        };
        timeout(PATIENCE, reading).await.expect("in time");
        text
    }

    /// What else comes until the server closes.
    async fn read_to_end(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let reading = async {
            let mut bytes = vec![0; 1 << 20];
            // Cut or closed is all the same.
            while let Ok(count @ 1..) = self.0.read(&mut bytes).await {
                all.extend_from_slice(&bytes[..count]);
            }
        };
        timeout(PATIENCE, reading).await.expect("closes in time");
        all
    }
}

#[tokio::test]
async fn a_thousand_slow_heads_leave_room_for_a_client_and_are_cut_in_time() {
    take_descriptors();
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let flags = [
        "--header-timeout-seconds=1",
        "--max-connections-per-address=0",
    ];
    let program = program(page.path(), dir, &flags).await;
    let started = Instant::now();
    let mut slow = slow_clients(&program.address, 1000).await;
    is_served(&program.address).await;
    for client in &mut slow {
        assert_eq!(client.read_to_end().await, b"");
    }
    assert!(started.elapsed() >= Duration::from_secs(1));
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn slow_heads_beyond_the_limit_make_place_for_a_client() {
    take_descriptors();
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let flags = [
        "--header-timeout-seconds=300",
        "--max-connections=500",
        "--max-connections-per-address=0",
    ];
    let program = program(page.path(), dir, &flags).await;
    let mut slow = slow_clients(&program.address, 1000).await;
    is_served(&program.address).await;
    // Those that had waited longest went.
    for client in &mut slow[..500] {
        assert_eq!(client.read_to_end().await, b"");
    }
    let last = slow.last_mut().expect("there are some");
    last.send("st: localhost\r\n\r\n").await;
    assert!(last.read_until("\r\n\r\n").await.contains("200 OK"));
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn a_head_in_pieces_has_its_time_from_the_first() {
    let served = Served::alone(ServeOptions {
        header_timeout: Duration::from_secs(1),
        ..patient()
    })
    .await;
    // Each byte is progress, and yet there is an end to it.
    let mut client = served.connect().await;
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    let dripping = async {
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
    timeout(PATIENCE, dripping).await.expect("is cut in time");
}

#[tokio::test]
async fn an_answer_left_unread_is_cut() {
    let page = built_page();
    let big = File::create(page.path().join("big.bin")).expect("a file");
    big.set_len(BIG as u64).expect("a big one");
    let config = config(page.path(), &["--recogniser=script"]);
    let options = ServeOptions {
        unread_timeout: Duration::from_secs(1),
        ..patient()
    };
    let served = Served::start(page, &config, options).await;
    let mut client = served.connect().await;
    client.get("/big.bin").await;
    let head = client.read_until("\r\n\r\n").await;
    assert!(head.contains("200 OK"), "{head}");
    // The end waits for the answer, which has minutes; the client takes nothing of it.
    served.stop.send(()).expect("serves");
    timeout(PATIENCE, served.ended)
        .await
        .expect("the client is cut")
        .expect("no panic");
    assert!(client.read_to_end().await.len() < BIG);
}

#[tokio::test]
async fn a_socket_may_be_quiet_for_longer_than_any_limit() {
    let second = Duration::from_secs(1);
    let served = Served::alone(ServeOptions {
        header_timeout: second,
        body_timeout: second,
        unread_timeout: second,
        idle_timeout: second,
        ..patient()
    })
    .await;
    // Without one, a client looks for it and panics.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("http://{}/token", served.address);
    let body = reqwest::get(url).await.expect("answers").text().await;
    let reply = TokenReply::decode(&body.expect("a body")).expect("a token");
    let url = format!("ws://{}/{}", served.address, reply.socket_url());
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.expect("opens");
    // Twice as long as any limit, as two others notice who are as quiet on connections of their own.
    for _ in 0..2 {
        let mut idle = served.connect().await;
        idle.is_answered().await;
        assert_eq!(idle.read_to_end().await, b"");
    }
    let terminate = serde_json::to_string(&ClientMessage::Terminate).expect("encodes");
    socket.send(Message::text(terminate)).await.expect("sends");
    let last = async {
        loop {
            let message = socket.next().await.expect("open").expect("whole");
            let message = ServerMessage::decode(message.to_text().expect("text"));
            if matches!(message.expect("a message"), ServerMessage::Termination(_)) {
                return;
            }
        }
    };
    timeout(PATIENCE, last).await.expect("ends as it should");
}

#[tokio::test]
async fn too_long_a_head_is_answered_so() {
    let served = Served::alone(ServeOptions {
        max_header_bytes: 8192,
        ..patient()
    })
    .await;
    let long = "x".repeat(8192);
    for head in [
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(101)),
    ] {
        let mut client = served.connect().await;
        client.send(&head).await;
        let answer = client.read_until("\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        client.read_to_end().await;
    }
}

#[tokio::test]
async fn a_head_may_have_as_many_bytes_as_the_limit_says_and_not_one_more() {
    for max in [8192, 10_000, 32_768] {
        let served = Served::alone(ServeOptions {
            max_header_bytes: max,
            ..patient()
        })
        .await;
        for (bytes, status) in [(max - 1, 200), (max, 200), (max + 1, 431), (max + 900, 431)] {
            let begin = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ";
            let fill = "x".repeat(bytes - begin.len() - "\r\n\r\n".len());
            let mut client = served.connect().await;
            client.send(&format!("{begin}{fill}\r\n\r\n")).await;
            let answer = client.read_until("\r\n\r\n").await;
            let expected = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&expected), "{bytes} of {max}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_long_or_late_is_refused() {
    let page = built_page();
    let mut config = config(page.path(), &["--auth=password", "--local-service"]);
    let hash = hash_password("correct horse").expect("a hash");
    config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
    let options = ServeOptions {
        body_timeout: Duration::from_secs(1),
        ..patient()
    };
    let served = Served::start(page, &config, options).await;
    for (length, sent, status) in [(20, "passphrase=", "400"), (9000, &"x".repeat(9000), "413")] {
        let mut client = served.connect().await;
        client
            .send(&format!(
                "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n\r\n{sent}"
            ))
            .await;
        let answer = client.read_until("\r\n\r\n").await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn the_connection_that_has_waited_longest_goes_for_a_new_one() {
    let served = Served::alone(ServeOptions {
        max_connections: 2,
        ..patient()
    })
    .await;
    let (mut first, mut second) = (served.connect().await, served.connect().await);
    first.is_answered().await;
    second.is_answered().await;
    first.is_answered().await;
    let mut third = served.connect().await;
    third.is_answered().await;
    // The second has waited for longer than the first, which asked twice.
    assert_eq!(second.read_to_end().await, b"");
    first.is_answered().await;
}

#[tokio::test]
async fn where_all_are_at_work_a_new_connection_is_refused() {
    let (served, service) = Served::hanging(ServeOptions {
        max_connections: 2,
        ..patient()
    })
    .await;
    let (mut first, mut second) = (served.connect().await, served.connect().await);
    first.get("/token").await;
    second.get("/token").await;
    while service.calls() < 2 {
        tokio::task::yield_now().await;
    }
    let mut third = served.connect().await;
    third.get("/").await;
    let answer = String::from_utf8(third.read_to_end().await).expect("text");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("\r\nRetry-After: "), "{answer}");
    assert!(answer.contains("\"code\":\"overloaded\""), "{answer}");
    // A browser shows the answer to a person, however few bytes of its request come at once.
    let mut person = served.connect().await;
    for part in [
        "GET / HTTP/1.1\r\nHo",
        "st: x\r\naccept: text/",
        "html,*/*;q=0.8\r\n\r\n",
    ] {
        person.send(part).await;
        tokio::task::yield_now().await;
    }
    let page = String::from_utf8(person.read_to_end().await).expect("text");
    assert!(page.starts_with("HTTP/1.1 503 "), "{page}");
    assert!(page.contains("\r\nContent-Type: text/html"), "{page}");
    assert!(page.contains("The server is too busy."), "{page}");
    assert!(page.contains("prefers-color-scheme: dark"), "{page}");
    // One leaves, and there is a place.
    drop(first);
    let comes = async {
        loop {
            let mut client = served.connect().await;
            client.get("/healthz").await;
            if client.read_until("\r\n\r\n").await.contains("200 OK") {
                return;
            }
        }
    };
    timeout(PATIENCE, comes).await.expect("is served in time");
}

async fn program(folder: &std::path::Path, dir: &str, flags: &[&str]) -> Program {
    let mut args = vec!["--client-dir", dir, "--listen", "127.0.0.1:0"];
    args.extend(["--service-url", "http://127.0.0.1:9"]);
    args.extend(flags);
    Program::listening(folder, &args, &[("ASSEMBLYAI_API_KEY", KEY)]).await
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

async fn is_served(address: &str) {
    Client::connect(address).await.is_answered().await;
}

/// Limits that no test reaches by chance.
fn patient() -> ServeOptions {
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

/// Room for a thousand clients in this process.
fn take_descriptors() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let wanted = Rlimit {
            current: limit.maximum,
            ..limit
        };
        setrlimit(Resource::Nofile, wanted).expect("the hard limit may be had");
    }
}

/// More than the buffers of both sockets take.
const BIG: usize = 64 << 20;

/// Far more than anything here takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(30);
