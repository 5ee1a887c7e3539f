//! A running emulator, and a client that sends exactly what a test specifies.

use std::{net::SocketAddr, time::Duration};

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use futures_util::{SinkExt, StreamExt};
use inturn_emulator::{Emulator, Faults, Options, RecogniserChoice, SessionLog, TokenOwner};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest},
};

/// An emulator on a free loopback port.
pub(crate) struct RunningEmulator {
    pub(crate) emulator: Emulator,
    pub(crate) address: SocketAddr,
    server: JoinHandle<()>,
}

/// A socket to an emulator.
pub(crate) struct Client<S = MaybeTlsStream<TcpStream>> {
    socket: WebSocketStream<S>,
}

/// Returns a client for plain HTTP.
///
/// If the whole workspace is built at once, reqwest is built with TLS, and then it needs a crypto
/// provider to create a client.
pub(crate) fn http_client() -> reqwest::Client {
    // Fails only if one is already installed.
    let _ = ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Something that a client receives.
#[derive(Debug, PartialEq)]
pub(crate) enum Incoming {
    Message(Value),
    NotJson(String),
    Binary(Vec<u8>),
    Closed(u16, String),
    /// The connection was lost without a close frame: 1006 in a browser.
    Lost,
}

/// Options with the script recogniser, so that no library is needed.
pub(crate) fn options() -> Options {
    Options {
        recogniser: RecogniserChoice::Script,
        script: "one two three four five six".to_owned(),
        ..Options::default()
    }
}

pub(crate) async fn start() -> RunningEmulator {
    start_with(options()).await
}

pub(crate) async fn start_faulty(faults: &str) -> RunningEmulator {
    start_with(faulty_options(faults)).await
}

/// [`options`] with these faults.
pub(crate) fn faulty_options(faults: &str) -> Options {
    Options {
        faults: Faults::from_json(faults).expect("the test's faults are well formed"),
        ..options()
    }
}

/// Waits until every session is closed. Returns the log of the last one.
pub(crate) async fn last_closed(emulator: &Emulator) -> SessionLog {
    let closed =
        emulator.wait_for(|logs| !logs.is_empty() && logs.iter().all(|log| log.closed.is_some()));
    let logs = tokio::time::timeout(TIMEOUT, closed)
        .await
        .expect("all sessions are closed in time");
    logs.into_iter().next_back().expect("there is one")
}

pub(crate) async fn start_with(options: Options) -> RunningEmulator {
    let emulator = Emulator::new(options).unwrap_or_else(|error| panic!("{error}"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener
        .local_addr()
        .expect("a bound socket has an address");
    let router = emulator.router().layer(from_fn(add_token_owner));
    let server = tokio::spawn(async move {
        axum::serve(listener, router)
            .await
            .expect("accepting never fails");
    });
    RunningEmulator {
        emulator,
        address,
        server,
    }
}

/// Adds the owner of a token to the request, as a program does that mounts the routes.
async fn add_token_owner(mut request: Request, next: Next) -> Response {
    if let Some(owner) = request.headers().get(OWNER) {
        let owner = TokenOwner::new(owner.to_str().expect("a name"));
        request.extensions_mut().insert(owner);
    }
    next.run(request).await
}

impl Drop for RunningEmulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl RunningEmulator {
    pub(crate) fn url(&self, path_and_query: &str) -> String {
        format!("http://{}{path_and_query}", self.address)
    }

    pub(crate) async fn token(&self) -> String {
        self.token_for("expires_in_seconds=60").await
    }

    pub(crate) async fn token_for(&self, query: &str) -> String {
        self.token_with_headers(query, &[]).await
    }

    /// Requests a token for this owner.
    pub(crate) async fn token_of(&self, owner: &str) -> String {
        self.token_with_headers("expires_in_seconds=60", &[(OWNER, owner)])
            .await
    }

    async fn token_with_headers(&self, query: &str, headers: &[(&str, &str)]) -> String {
        let call = http_client()
            .get(self.url(&format!("/v3/token?{query}")))
            .header("authorization", "a-key");
        let reply = headers
            .iter()
            .fold(call, |call, (name, value)| call.header(*name, *value))
            .send()
            .await
            .expect("the emulator responds");
        assert_eq!(reply.status(), 200);
        let body: Value = reply.json().await.expect("a JSON body");
        body["token"].as_str().expect("a token").to_owned()
    }

    /// Opens a session with a new token.
    pub(crate) async fn open(&self, query: &str) -> Client {
        let token = self.token().await;
        self.connect(&format!("/v3/ws?{query}&token={token}"), &[])
            .await
    }

    /// Opens a session and receives its `Begin`.
    pub(crate) async fn begin_session(&self, query: &str) -> Client {
        let mut client = self.open(query).await;
        let begin = client.message().await;
        assert_eq!(begin["type"], "Begin", "{begin}");
        client
    }

    pub(crate) async fn connect(&self, path: &str, headers: &[(&'static str, &str)]) -> Client {
        self.try_connect(path, headers)
            .await
            .expect("the upgrade is completed")
    }

    pub(crate) async fn try_connect(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, tungstenite::Error> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request()?;
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, value.parse().expect("a header value"));
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Client::new(socket))
    }

    /// Waits until every session is closed. Returns the log of the last one.
    pub(crate) async fn last_closed(&self) -> SessionLog {
        last_closed(&self.emulator).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn new(socket: WebSocketStream<S>) -> Self {
        Self { socket }
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.socket
            .send(Message::text(text))
            .await
            .expect("the socket takes text");
    }

    pub(crate) async fn frame(&mut self, bytes: Vec<u8>) {
        self.socket
            .send(Message::binary(bytes))
            .await
            .expect("the socket takes audio");
    }

    /// Sends a frame. Returns whether the socket was still open.
    pub(crate) async fn try_frame(&mut self, bytes: Vec<u8>) -> bool {
        self.socket.send(Message::binary(bytes)).await.is_ok()
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.socket
            .send(message)
            .await
            .expect("the socket takes a frame");
    }

    /// Sends samples in frames of 100 ms at 16 kHz. The last frame is padded with zeros.
    pub(crate) async fn audio(&mut self, samples: &[i16]) {
        self.audio_in_frames(1_600, samples).await;
    }

    /// Sends samples in frames of `frame_len` samples. The last frame is padded with zeros.
    pub(crate) async fn audio_in_frames(&mut self, frame_len: usize, samples: &[i16]) {
        for block in samples.chunks(frame_len) {
            let mut bytes: Vec<u8> = block
                .iter()
                .flat_map(|sample| sample.to_le_bytes())
                .collect();
            bytes.resize(frame_len * 2, 0);
            self.frame(bytes).await;
        }
    }

    pub(crate) async fn terminate(&mut self) {
        self.text(r#"{"type":"Terminate"}"#).await;
    }

    pub(crate) async fn close(&mut self) {
        self.socket.close(None).await.expect("a close can be sent");
    }

    /// Receives the next message or the close.
    pub(crate) async fn next(&mut self) -> Incoming {
        loop {
            let next = tokio::time::timeout(TIMEOUT, self.socket.next());
            return match next.await.expect("something is received in time") {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(value) => Incoming::Message(value),
                    Err(_) => Incoming::NotJson(text.to_string()),
                },
                Some(Ok(Message::Close(frame))) => {
                    // The read has queued the answer; the emulator waits for it.
                    let _ = self.socket.flush().await;
                    // 1005 stands for a close without a code, such as this client's.
                    frame.map_or(Incoming::Closed(1005, String::new()), |frame| {
                        Incoming::Closed(frame.code.into(), frame.reason.to_string())
                    })
                }
                Some(Ok(Message::Pong(payload))) => {
                    Incoming::NotJson(format!("pong {}", String::from_utf8_lossy(&payload)))
                }
                Some(Ok(Message::Binary(bytes))) => Incoming::Binary(bytes.to_vec()),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Incoming::Lost,
            };
        }
    }

    /// Whether nothing is received for this time, not even the end of the connection. Use it with
    /// Tokio's paused clock.
    pub(crate) async fn receives_nothing_for(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, self.socket.next())
            .await
            .is_err()
    }

    /// Receives a message.
    pub(crate) async fn message(&mut self) -> Value {
        match self.next().await {
            Incoming::Message(value) => value,
            other => panic!("expected a message, got {other:?}"),
        }
    }

    /// Receives the next message of this type. Skips others.
    pub(crate) async fn message_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.message().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Receives the next turn for which `matches` is true. Skips other messages.
    pub(crate) async fn turn(&mut self, matches: impl Fn(&Value) -> bool) -> Value {
        loop {
            let turn = self.message_of("Turn").await;
            if matches(&turn) {
                return turn;
            }
        }
    }

    /// Receives everything up to the close. Returns the messages and the close.
    pub(crate) async fn read_to_close(&mut self) -> (Vec<Value>, Incoming) {
        let mut messages = Vec::new();
        loop {
            match self.next().await {
                Incoming::Message(value) => messages.push(value),
                other => return (messages, other),
            }
        }
    }

    /// Expects an `Error` with this code and text, then the close of the same code.
    pub(crate) async fn expect_refused(&mut self, code: u16, text: &str) {
        let (messages, close) = self.read_to_close().await;
        let error = messages
            .last()
            .unwrap_or_else(|| panic!("no Error before {close:?}"));
        assert_eq!(error["type"], "Error", "{error}");
        assert_eq!(error["error_code"], code, "{error}");
        assert_eq!(error["error"], text);
        assert_eq!(
            close,
            Incoming::Closed(code, "See Error message for details".to_owned())
        );
    }

    /// Sends `Terminate` and receives everything up to the close. Returns the turns.
    pub(crate) async fn finish(&mut self) -> Vec<Value> {
        self.terminate().await;
        let (messages, close) = self.read_to_close().await;
        assert_eq!(close, Incoming::Closed(1000, "Session Ended".to_owned()));
        assert_eq!(
            messages.last().map(|last| &last["type"]),
            Some(&Value::from("Termination"))
        );
        messages
            .into_iter()
            .filter(|message| message["type"] == "Turn")
            .collect()
    }
}

/// Header with the owner of the requested token.
const OWNER: &str = "x-test-owner";

/// Far longer than an emulator needs, so that only a bug fails.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);
