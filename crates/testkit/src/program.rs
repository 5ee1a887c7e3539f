//! Programs of this repository, started as an operator starts them.

use std::{
    fs,
    io::Write,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::{file::Printed, place::Place};

/// A running program; dropped, it is killed.
#[derive(Debug)]
pub struct Program {
    child: Child,
    stdout: Printed,
    stderr: Printed,
    url: String,
}

impl Program {
    /// Starts it and waits until it has printed where it listens. What it prints is kept.
    ///
    /// # Panics
    ///
    /// When it can't be started, or ends before it listens.
    pub async fn start(command: &mut Command, place: Place) -> Self {
        let (stderr, file) = Printed::by(place);
        Self::started(command, place, stderr, file.into()).await
    }

    /// As [`Self::start`], with a pipe for its log that nobody reads.
    ///
    /// # Panics
    ///
    /// As [`Self::start`].
    pub async fn start_unread(command: &mut Command, place: Place) -> Self {
        let (stderr, _) = Printed::by(place);
        Self::started(command, place, stderr, Stdio::piped()).await
    }

    async fn started(command: &mut Command, place: Place, stderr: Printed, log: Stdio) -> Self {
        let (stdout, out) = Printed::by(place);
        command.stdin(Stdio::null()).stdout(out).stderr(log);
        let child = command.kill_on_drop(true).spawn().expect("starts");
        let mut program = Self {
            child,
            stdout,
            stderr,
            url: String::new(),
        };
        let listens = |program: &Self| listening_url(&program.stdout.text()).is_some();
        program.wait_until("where it listens", listens).await;
        program.url = listening_url(&program.stdout.text()).unwrap_or_default();
        program
    }

    /// Where it listens, with the scheme.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens: address and port.
    pub fn address(&self) -> &str {
        self.url
            .split_once("://")
            .map_or(&self.url, |(_, address)| address)
    }

    /// Asks it to stop, as a service manager does.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Asks it to read its secrets again.
    ///
    /// # Panics
    ///
    /// When it has ended.
    #[cfg(unix)]
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// Ends it at once.
    ///
    /// # Panics
    ///
    /// When it can't be ended.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it can be ended");
    }

    /// Its resident memory; `None` where the system does not have `/proc`.
    pub fn resident_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// Its process.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn id(&self) -> u32 {
        self.child.id().expect("runs")
    }

    fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        let status = std::process::Command::new("kill")
            .args([signal, &id])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.stderr.text()
    }

    /// Waits until its log holds `text`, and gives the log.
    ///
    /// # Panics
    ///
    /// When it does not in time, or ends before.
    pub async fn says(&mut self, text: &str) -> String {
        self.says_times(text, 1).await
    }

    /// Waits until its log holds `text` so many times, and gives the log.
    ///
    /// # Panics
    ///
    /// When it does not in time, or ends before.
    pub async fn says_times(&mut self, text: &str, times: usize) -> String {
        let said = |program: &Self| program.log().matches(text).count() >= times;
        self.wait_until(text, said).await;
        self.log()
    }

    async fn wait_until(&mut self, what: &str, said: impl Fn(&Self) -> bool) {
        let waiting = async {
            loop {
                // In this order: it may say it and end.
                let has_ended = self.child.try_wait().expect("can be asked").is_some();
                if said(self) {
                    return;
                }
                assert!(
                    !has_ended,
                    "it ended before it said {what:?}: {}",
                    self.log()
                );
                sleep(LOOK).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("says it in time");
    }

    /// Waits for its end: success or not, and all that it printed after its first line.
    ///
    /// # Panics
    ///
    /// When it does not end in time.
    pub async fn finish(mut self) -> (bool, String) {
        let status = timeout(PATIENCE, self.child.wait()).await;
        let status = status.expect("ends in time").expect("ends");
        let said = self.stdout.text();
        let (_, rest) = said.split_once('\n').unwrap_or_default();
        let written = format!("{rest}{}", self.log());
        (status.success(), written)
    }
}

/// The address in the line that says where a program listens, once the line is whole.
fn listening_url(printed: &str) -> Option<String> {
    let (lines, _) = printed.rsplit_once('\n')?;
    let url = lines
        .lines()
        .find_map(|line| line.strip_prefix("listening on "))?;
    Some(url.to_owned())
}

/// Runs a program to its end. What it prints is kept, and given.
///
/// # Panics
///
/// When it can't be started, or does not end in time.
pub async fn run_to_end(command: &mut Command, place: Place) -> Output {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(PATIENCE, output).await;
    let output = output.expect("ends in time").expect("starts");
    if let Some((_, mut file)) = Printed::kept_by(place) {
        for bytes in [&output.stdout, &output.stderr] {
            file.write_all(bytes).expect("kept");
        }
    }
    output
}

/// Between two looks at what it prints.
const LOOK: Duration = Duration::from_millis(5);

/// Far more than a start or an end takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
