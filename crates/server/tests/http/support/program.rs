//! The real program, started with an environment of its own.

use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

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
    pub(crate) fn command(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inturn"));
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
        let output = Self::command(folder, args, variables).output();
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
        let mut child = Self::command(folder, args, variables)
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

    /// Tells it to stop, as a service manager does.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().expect("runs").to_string();
        let status = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits until its log holds `text`.
    pub(crate) async fn says(&mut self, text: &str) {
        let lines = async {
            while !self.heard.contains(text) {
                let read = self.stderr.read_line(&mut self.heard).await.expect("reads");
                assert_ne!(read, 0, "it ended before it said {text:?}: {}", self.heard);
            }
        };
        timeout(PATIENCE, lines).await.expect("says it in time");
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

/// Far more than a start or an end takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
