//! The real program, started with an environment of its own.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use inturn_printed::{Place, Printed};
use inturn_protocol::{ClientMessage, ServerMessage, TokenReply};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// A running `inturn`; dropped, it is killed.
pub(crate) struct Program {
    child: Child,
    stdout: Printed,
    stderr: Printed,
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
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end.
    pub(crate) async fn ended(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let output = Self::command(INTURN, folder, args, variables).output();
        let output = timeout(PATIENCE, output).await;
        let output = output.expect("ends").expect("starts");
        if let Some((_, mut file)) = Printed::kept_by(Place::Server) {
            for bytes in [&output.stdout, &output.stderr] {
                file.write_all(bytes).expect("kept");
            }
        }
        output
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
        let (stderr, err) = Printed::by(Place::Server);
        let command = Self::command(program, folder, args, variables);
        Self::started(command, stderr, err.into()).await
    }

    /// As [`Self::listening`], with a pipe for its log that nobody reads.
    pub(crate) async fn listening_unread(
        folder: &Path,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let (stderr, _) = Printed::by(Place::Server);
        let command = Self::command(INTURN, folder, args, variables);
        Self::started(command, stderr, Stdio::piped()).await
    }

    async fn started(mut command: Command, stderr: Printed, err: Stdio) -> Self {
        // The tests call it by clients that look for a provider and panic without one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (stdout, out) = Printed::by(Place::Server);
        let child = command.stdout(out).stderr(err).spawn().expect("starts");
        let mut program = Self {
            child,
            stdout,
            stderr,
            heard: String::new(),
            address: String::new(),
        };
        let said = |program: &Self| program.stdout.text().contains('\n');
        program.wait_until("where it listens", said).await;
        let said = program.stdout.text();
        let address = said.trim().strip_prefix("listening on http://");
        program.address = address
            .unwrap_or_else(|| panic!("no address: {said:?}"))
            .to_owned();
        program
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

    /// Its resident memory; `None` where the system does not have `/proc`.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
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
        let said = |program: &Self| program.stderr.text().matches(text).count() >= times;
        self.wait_until(text, said).await;
        self.heard = self.stderr.text();
        &self.heard
    }

    /// Waits until it has said where its metrics are.
    pub(crate) async fn metrics_url(&mut self) -> String {
        let said = self.says("/metrics").await;
        let (_, url) = said.split_once("metrics are at ").expect("an address");
        url.split_whitespace()
            .next()
            .expect("an address")
            .to_owned()
    }

    /// Waits until it has said something.
    async fn wait_until(&mut self, what: &str, said: impl Fn(&Self) -> bool) {
        let waiting = async {
            loop {
                // In this order: it may say it and end.
                let has_ended = self.child.try_wait().expect("can be asked").is_some();
                if said(self) {
                    return;
                }
                let text = || self.stderr.text();
                assert!(!has_ended, "it ended before it said {what:?}: {}", text());
                sleep(LOOK).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("says it in time");
    }

    /// Waits for its end: success or not, and all it wrote but the address.
    pub(crate) async fn finish(mut self) -> (bool, String) {
        let status = timeout(PATIENCE, self.child.wait()).await;
        let status = status.expect("ends in time").expect("ends");
        let said = self.stdout.text();
        let (_, rest) = said.split_once('\n').unwrap_or_default();
        let written = format!("{rest}{}", self.stderr.text());
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

/// Between two looks at what it prints.
const LOOK: Duration = Duration::from_millis(5);

/// Far more than a start or an end takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
