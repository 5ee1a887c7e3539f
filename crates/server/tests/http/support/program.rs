//! The real program, started with an environment of its own.

use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use inturn_protocol::{ClientMessage, ServerMessage, TokenReply};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpStream,
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// A running `inturn`; dropped, it is killed.
pub(crate) struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
    heard: String,
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
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end.
    pub(crate) async fn ended(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let output = Self::command(INTURN, folder, args, variables).output();
        timeout(PATIENCE, output)
            .await
            .expect("ends")
            .expect("starts")
    }

    /// Starts it and waits for the address it says it listens on.
    pub(crate) async fn listening(
        folder: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        Self::listening_as(INTURN, folder, args, variables).await
    }

    /// The same with its log in a file: it may write more than anybody reads meanwhile.
    pub(crate) async fn logging_to(
        log: &Path,
        folder: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let log = log.to_str().expect("text");
        let mut all = vec![
            "-c",
            "log=$1; shift; exec \"$0\" \"$@\" 2> \"$log\"",
            INTURN,
            log,
        ];
        all.extend(args);
        Self::listening_as("sh", folder, &all, variables).await
    }

    /// The same with a program that becomes `inturn`, such as a shell.
    pub(crate) async fn listening_as(
        program: &str,
        folder: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        // The tests call it by clients that look for a provider and panic without one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = Self::command(program, folder, args, variables)
            .spawn()
            .expect("starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        let read = timeout(PATIENCE, stdout.read_line(&mut line)).await;
        read.expect("listens").expect("reads");
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .map(str::to_owned);
        Self {
            child,
            stdout,
            stderr,
            heard: String::new(),
            address: address.unwrap_or_else(|| panic!("no address: {line:?}")),
        }
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

    /// Tells it to stop, as a service manager does.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Tells it to read its key again.
    #[cfg(unix)]
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("runs")
    }

    fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        let status = std::process::Command::new("kill")
            .args([signal, &id])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits until its log holds `text`, and gives what it has said so far.
    pub(crate) async fn says(&mut self, text: &str) -> &str {
        self.says_times(text, 1).await
    }

    /// The same until it holds it so many times.
    pub(crate) async fn says_times(&mut self, text: &str, times: usize) -> &str {
        let lines = async {
            while self.heard.matches(text).count() < times {
                let read = self.stderr.read_line(&mut self.heard).await.expect("reads");
                assert_ne!(read, 0, "it ended before it said {text:?}: {}", self.heard);
            }
        };
        timeout(PATIENCE, lines).await.expect("says it in time");
        &self.heard
    }

    /// Waits for its end: success or not, and all it wrote but the address.
    pub(crate) async fn finish(mut self) -> (bool, String) {
        let mut written = self.heard;
        let all = async {
            self.stdout
                .read_to_string(&mut written)
                .await
                .expect("reads");
            self.stderr
                .read_to_string(&mut written)
                .await
                .expect("reads");
            self.child.wait().await.expect("ends")
        };
        let status = timeout(PATIENCE, all).await.expect("ends in time");
        (status.success(), written)
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
