//! The real program, started with an environment of its own.

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

/// A running `inturn`; dropped, it is killed.
pub(crate) struct Program {
    running: inturn_testkit::RunningProgram,
    pub(crate) address: String,
}

impl Program {
    /// A command in `folder` that sees none of the tester's variables.
    fn command(program: &str, folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(folder)
            .args(args);
        command
    }

    /// Runs it to its end.
    pub(crate) async fn ended(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Self::command(INTURN, folder, args, variables);
        run_to_end(&mut command, OutputSource::Server).await
    }

    /// Starts it and waits for the address it says it listens on.
    pub(crate) async fn listening(
        folder: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        Self::listening_as(INTURN, folder, args, variables).await
    }

    /// As [`Self::listening`], serving the page in `page` on a free port.
    pub(crate) async fn serving(page: &Path, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let dir = page.to_str().expect("text");
        let args = [&["--client-dir", dir, "--listen=127.0.0.1:0"], args].concat();
        Self::listening(page, &args, variables).await
    }

    /// As [`Self::listening`], with a program that becomes `inturn`, such as a shell.
    pub(crate) async fn listening_as(
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

    /// As [`Self::listening`], with a pipe for its log that nobody reads.
    pub(crate) async fn listening_unread(
        folder: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = Self::command(INTURN, folder, args, variables);
        inturn_testkit::RunningProgram::start_with_unread_log(&mut command, OutputSource::Server)
            .await
            .into()
    }

    /// Asks it for a token, and opens a socket of its local service where the reply says.
    pub(crate) async fn session(&self) -> Session {
        let reply = reqwest::get(format!("http://{}/token", self.address))
            .await
            .expect("answers");
        let body = reply.text().await.expect("a body");
        let reply = TokenReply::decode(&body).expect("a token reply");
        let url = format!("ws://{}/{}", self.address, reply.socket_url());
        let (socket, _) = tokio_tungstenite::connect_async(url).await.expect("opens");
        Session {
            token: reply.token,
            socket,
        }
    }

    /// Waits until it has said where its metrics are.
    pub(crate) async fn metrics_url(&mut self) -> String {
        let said = self.wait_for_log("/metrics").await;
        let (_, url) = said.split_once("metrics are at ").expect("an address");
        url.split_whitespace()
            .next()
            .expect("an address")
            .to_owned()
    }

    /// Waits for its end: success or not, and all it wrote but the address.
    pub(crate) async fn finish(self) -> (bool, String) {
        self.running.finish().await
    }
}

impl From<inturn_testkit::RunningProgram> for Program {
    fn from(running: inturn_testkit::RunningProgram) -> Self {
        // The tests call it by clients that look for a provider and panic without one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = running.address().to_owned();
        Self { running, address }
    }
}

impl Deref for Program {
    type Target = inturn_testkit::RunningProgram;

    fn deref(&self) -> &Self::Target {
        &self.running
    }
}

impl DerefMut for Program {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.running
    }
}

/// A session of the local service.
pub(crate) struct Session {
    pub(crate) token: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Session {
    /// The next message of the service.
    pub(crate) async fn message(&mut self) -> ServerMessage {
        let next = timeout(PATIENCE, self.socket.next())
            .await
            .expect("in time");
        let text = next
            .expect("open")
            .expect("whole")
            .into_text()
            .expect("text");
        ServerMessage::decode(&text).expect("a message")
    }

    /// The close code, once nothing but the close is left to come.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        let next = timeout(PATIENCE, self.socket.next())
            .await
            .expect("in time");
        match next.expect("a close").expect("whole") {
            Message::Close(frame) => frame.map(|frame| frame.code.into()),
            other => panic!("not a close: {other:?}"),
        }
    }

    /// Says that there is no more to come.
    pub(crate) async fn terminate(&mut self) {
        let text = serde_json::to_string(&ClientMessage::Terminate).expect("encodes");
        self.socket.send(Message::text(text)).await.expect("sends");
    }
}

/// The program itself.
const INTURN: &str = env!("CARGO_BIN_EXE_inturn");

/// Far more than a start or an end takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
