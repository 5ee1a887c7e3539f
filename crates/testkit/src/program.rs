//! Programs of this repository, started the way an operator starts them.

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

use crate::{output_file::OutputFile, output_source::OutputSource};

/// A running program. Dropping this value kills it.
#[derive(Debug)]
pub struct RunningProgram {
    child: Child,
    stdout: OutputFile,
    stderr: OutputFile,
    url: String,
}

impl RunningProgram {
    /// Starts the program and waits until it has printed the address that it listens on.
    ///
    /// Its output goes to output files.
    ///
    /// # Panics
    ///
    /// Panics if it can't be started, or ends before it listens.
    pub async fn start(command: &mut Command, source: OutputSource) -> Self {
        let (stderr, file) = OutputFile::create(source);
        Self::started(command, source, stderr, file.into()).await
    }

    /// Like [`Self::start`], but its log goes to a pipe that is never read.
    ///
    /// # Panics
    ///
    /// As [`Self::start`].
    pub async fn start_with_unread_log(command: &mut Command, source: OutputSource) -> Self {
        let (stderr, _) = OutputFile::create(source);
        Self::started(command, source, stderr, Stdio::piped()).await
    }

    async fn started(
        command: &mut Command,
        source: OutputSource,
        stderr: OutputFile,
        log: Stdio,
    ) -> Self {
        let (stdout, out) = OutputFile::create(source);
        command.stdin(Stdio::null()).stdout(out).stderr(log);
        let child = command.kill_on_drop(true).spawn().expect("it starts");
        let mut program = Self {
            child,
            stdout,
            stderr,
            url: String::new(),
        };
        let has_address = |program: &Self| listening_url(&program.stdout.text()).is_some();
        program.wait_until("its address", has_address).await;
        program.url = listening_url(&program.stdout.text()).unwrap_or_default();
        program
    }

    /// The URL that it listens on.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address and port that it listens on.
    pub fn address(&self) -> &str {
        self.url
            .split_once("://")
            .map_or(&self.url, |(_, address)| address)
    }

    /// Sends SIGTERM, as a service manager does to stop it.
    ///
    /// # Panics
    ///
    /// Panics if it has ended.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends SIGHUP, on which it reloads its secrets.
    ///
    /// # Panics
    ///
    /// Panics if it has ended.
    #[cfg(unix)]
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// Kills it.
    ///
    /// # Panics
    ///
    /// Panics if it can't be killed.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Its resident memory. `None` on systems without `/proc`.
    pub fn resident_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// Its process id.
    ///
    /// # Panics
    ///
    /// Panics if it has ended.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        let status = std::process::Command::new("kill")
            .args([signal, &id])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        self.stderr.text()
    }

    /// Waits until its log contains `text`. Returns the log.
    ///
    /// # Panics
    ///
    /// Panics on a timeout, or if the program ends first.
    pub async fn wait_for_log(&mut self, text: &str) -> String {
        self.wait_for_log_times(text, 1).await
    }

    /// Waits until its log contains `text` at least `times` times. Returns the log.
    ///
    /// # Panics
    ///
    /// Panics on a timeout, or if the program ends first.
    pub async fn wait_for_log_times(&mut self, text: &str, times: usize) -> String {
        let is_logged = |program: &Self| program.log().matches(text).count() >= times;
        self.wait_until(text, is_logged).await;
        self.log()
    }

    async fn wait_until(&mut self, what: &str, is_done: impl Fn(&Self) -> bool) {
        let waiting = async {
            loop {
                // Checked first: the program may print the text and end between the two checks.
                let has_ended = self
                    .child
                    .try_wait()
                    .expect("its status is known")
                    .is_some();
                if is_done(self) {
                    return;
                }
                assert!(
                    !has_ended,
                    "it ended before it printed {what:?}: {}",
                    self.log()
                );
                sleep(POLL_INTERVAL).await;
            }
        };
        timeout(TIMEOUT, waiting)
            .await
            .expect("it is printed in time");
    }

    /// Waits until it ends. Returns whether it succeeded, and its output after the first line.
    ///
    /// # Panics
    ///
    /// Panics on a timeout.
    pub async fn finish(mut self) -> (bool, String) {
        let status = timeout(TIMEOUT, self.child.wait()).await;
        let status = status
            .expect("it ends in time")
            .expect("it can be waited for");
        let stdout = self.stdout.text();
        let (_, rest) = stdout.split_once('\n').unwrap_or_default();
        let output = format!("{rest}{}", self.log());
        (status.success(), output)
    }
}

/// Returns the URL of the line `listening on URL`, or `None` until that line is complete.
fn listening_url(stdout: &str) -> Option<String> {
    let (lines, _) = stdout.rsplit_once('\n')?;
    let url = lines
        .lines()
        .find_map(|line| line.strip_prefix("listening on "))?;
    Some(url.to_owned())
}

/// Runs a program to its end and returns its output. The output is also kept for the search.
///
/// # Panics
///
/// Panics if it can't be started, or on a timeout.
pub async fn run_to_end(command: &mut Command, source: OutputSource) -> Output {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(TIMEOUT, output).await;
    let output = output.expect("it ends in time").expect("it starts");
    if let Some((_, mut file)) = OutputFile::create_if_kept(source) {
        for bytes in [&output.stdout, &output.stderr] {
            file.write_all(bytes).expect("the file can be written to");
        }
    }
    output
}

/// How often the output is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Far longer than a start or an end takes, so that only a program that hangs fails.
const TIMEOUT: Duration = Duration::from_secs(20);
