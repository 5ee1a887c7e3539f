//! Starts the real program with its own environment.

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    process::Output,
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use inturn_protocol::{ClientMessage, ServerMessage, TokenReply};
use inturn_testkit::{OutputSource, run_to_end};
use tokio::{net::TcpStream, process::Command, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// A running `inturn`; killed on drop.
pub(crate) struct ServerProgram {
    running: inturn_testkit::RunningProgram,
    pub(crate) address: String,
}

impl ServerProgram {
    /// Builds a command that runs in `folder` and inherits no environment variables.
    fn command(program: &str, folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(folder)
            .args(args);
        command
    }

    /// Runs the program to its exit.
    pub(crate) async fn run_to_exit(
        folder: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Output {
        let mut command = Self::command(INTURN, folder, args, variables);
        run_to_end(&mut command, OutputSource::Server).await
    }

    /// Starts the program and waits until it prints its listen address.
    pub(crate) async fn start(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start_command(INTURN, folder, args, variables).await
    }

    /// As [`Self::start`], with the page in `page`, on a free port.
    pub(crate) async fn serve_page(page: &Path, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let dir = page.to_str().expect("UTF-8");
        let args = [&["--client-dir", dir, "--listen=127.0.0.1:0"], args].concat();
        Self::start(page, &args, variables).await
    }

    /// As [`Self::start`], with a program that replaces itself by `inturn`, such as a shell.
    pub(crate) async fn start_command(
        program: &str,
        folder: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = Self::command(program, folder, args, variables);
        inturn_testkit::RunningProgram::start(&mut command, OutputSource::Server)
            .await
            .into()
    }

    /// As [`Self::start`], with a log pipe that is never read.
    pub(crate) async fn start_with_unread_log(
        folder: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = Self::command(INTURN, folder, args, variables);
        inturn_testkit::RunningProgram::start_with_unread_log(&mut command, OutputSource::Server)
            .await
            .into()
    }

    /// Requests a token, and opens the socket of the local service that the reply names.
    pub(crate) async fn session(&self) -> LocalSession {
        let reply = reqwest::get(format!("http://{}/token", self.address))
            .await
            .expect("a response");
        let body = reply.text().await.expect("a body");
        let reply = TokenReply::decode(&body).expect("a token reply");
        let url = format!("ws://{}/{}", self.address, reply.socket_url());
        let (socket, _) = tokio_tungstenite::connect_async(url)
            .await
            .expect("a WebSocket connection");
        LocalSession {
            token: reply.token,
            socket,
        }
    }

    /// Waits for the log line with the address of the metrics, and returns their URL.
    pub(crate) async fn metrics_url(&mut self) -> String {
        let log = self.wait_for_log("/metrics").await;
        let (_, url) = log.split_once("metrics are at ").expect("an address");
        url.split_whitespace()
            .next()
            .expect("an address")
            .to_owned()
    }

    /// Waits for the exit. Returns whether it was successful, and all output except the address.
    pub(crate) async fn finish(self) -> (bool, String) {
        self.running.finish().await
    }
}

impl From<inturn_testkit::RunningProgram> for ServerProgram {
    fn from(running: inturn_testkit::RunningProgram) -> Self {
        // The tests use clients that panic without an installed crypto provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = running.address().to_owned();
        Self { running, address }
    }
}

impl Deref for ServerProgram {
    type Target = inturn_testkit::RunningProgram;

    fn deref(&self) -> &Self::Target {
        &self.running
    }
}

impl DerefMut for ServerProgram {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.running
    }
}

/// A session of the local service.
pub(crate) struct LocalSession {
    pub(crate) token: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl LocalSession {
    /// Receives the next message of the service.
    pub(crate) async fn message(&mut self) -> ServerMessage {
        let next = timeout(TIMEOUT, self.socket.next())
            .await
            .expect("before the timeout");
        let text = next
            .expect("an open socket")
            .expect("a complete message")
            .into_text()
            .expect("UTF-8");
        ServerMessage::decode(&text).expect("a message")
    }

    /// Receives the close frame, which must be next, and returns its code.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        let next = timeout(TIMEOUT, self.socket.next())
            .await
            .expect("before the timeout");
        match next.expect("a close").expect("a complete message") {
            Message::Close(frame) => frame.map(|frame| frame.code.into()),
            other => panic!("not a close: {other:?}"),
        }
    }

    /// Sends this many milliseconds of silence in one frame.
    pub(crate) async fn silence(&mut self, ms: usize) {
        // 16 samples a millisecond, of two bytes.
        let audio = Message::binary(vec![0; ms * 32]);
        self.socket.send(audio).await.expect("the data is sent");
    }

    /// Sends `Terminate`.
    pub(crate) async fn terminate(&mut self) {
        let text = serde_json::to_string(&ClientMessage::Terminate).expect("valid JSON");
        self.socket
            .send(Message::text(text))
            .await
            .expect("the data is sent");
    }
}

/// The path of the program.
const INTURN: &str = env!("CARGO_BIN_EXE_inturn");

/// Far more than a message takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(20);
