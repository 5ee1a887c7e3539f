//! A WebDriver server.

use std::{
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use inturn_testkit::{OutputLines, OutputSource, ProcessGroup, free_port, tee};

use crate::priority::Priority;

/// A running WebDriver server. It leads a process group that includes the browser.
pub(super) struct Driver {
    port: u16,
    lines: OutputLines,
    // Dropping it kills the group. Killing only the driver would leave the browser running.
    group: ProcessGroup,
}

impl Driver {
    /// Starts a server with its files in `folder`, and waits for the line in which `port_in` finds
    /// the port.
    ///
    /// # Panics
    ///
    /// If the server can't be started, or prints no port.
    pub(super) fn start(
        program: &Path,
        arguments: &[&str],
        folder: &Path,
        environment: Vec<(&str, String)>,
        port_in: impl Fn(&str) -> Option<u16> + Clone + Send + 'static,
    ) -> Self {
        let mut command = command(program, folder, environment);
        command.args(arguments).stdout(Stdio::piped());
        command.stderr(Stdio::null());
        let mut all_output = String::new();
        // ChromeDriver chooses a free IPv6 port, and exits if the same port is taken for IPv4.
        for _ in 0..TRIES {
            let mut group = ProcessGroup::spawn(&mut command);
            let output = group.child.stdout.take().expect("stdout is piped");
            match OutputLines::read_until(tee(output, OutputSource::Console), port_in.clone()) {
                Ok((port, lines)) => {
                    return Self { port, lines, group };
                }
                Err(output) => all_output.push_str(&output),
            }
        }
        panic!("{} prints no port: {all_output}", program.display())
    }

    /// Like [`Self::start`], for a server that prints nothing and needs a port argument.
    ///
    /// # Panics
    ///
    /// If the server can't be started.
    #[expect(
        clippy::disallowed_methods,
        reason = "the server prints nothing when it is ready, so connecting is retried"
    )]
    pub(super) fn start_silent(
        program: &Path,
        folder: &Path,
        environment: Vec<(&str, String)>,
    ) -> Self {
        let mut command = command(program, folder, environment);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let port = free_port();
            // If an option is repeated, the last one counts.
            let mut group = ProcessGroup::spawn(command.arg(format!("--port={port}")));
            let output = group.child.stderr.take().expect("stderr is piped");
            let lines = OutputLines::read_all(tee(output, OutputSource::Console));
            // The server exits at once if another program has taken the port meanwhile.
            while matches!(group.child.try_wait(), Ok(None)) && begun.elapsed() < PATIENCE {
                if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                    return Self { port, lines, group };
                }
                thread::sleep(RETRY_INTERVAL);
            }
        }
        panic!("{} accepts no connections", program.display());
    }

    /// Returns the base URL for commands.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process group of the driver and the browser.
    pub(super) fn group(&self) -> &ProcessGroup {
        &self.group
    }

    /// Returns the lines that the driver and the browser have printed since the last call.
    pub(super) fn output(&self) -> Vec<String> {
        self.lines.take()
    }
}

fn command(program: &Path, folder: &Path, environment: Vec<(&str, String)>) -> Command {
    let mut command = Priority::of_this_test().command(program);
    command
        .env("TMPDIR", folder)
        .envs(environment)
        .stdin(Stdio::null());
    command
}

/// Attempts to start. A port is rarely taken, so a few are enough.
const TRIES: usize = 5;

/// Deadline for a start: longer than needed even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Time between two attempts to connect.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);
