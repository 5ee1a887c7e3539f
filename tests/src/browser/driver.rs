//! A WebDriver server.

use std::{
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use inturn_testkit::{OutputLines, OutputSource, ProcessGroup, free_port, tee};

/// The server, which leads a process group of its own that its browser joins.
pub(super) struct Driver {
    port: u16,
    lines: OutputLines,
    // The group is ended with this value: a driver that is killed leaves its browser behind.
    _group: ProcessGroup,
}

impl Driver {
    /// Starts it with a folder for its own files, and waits until it has told the port that
    /// `port_in` finds in a line of its.
    ///
    /// # Panics
    ///
    /// When it can't be started, or tells no port.
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
        let mut all_said = String::new();
        // ChromeDriver lets the system choose a port of IPv6, and ends if that one is taken in IPv4.
        for _ in 0..TRIES {
            let mut group = ProcessGroup::spawn(&mut command);
            let output = group.child.stdout.take().expect("it is piped");
            match OutputLines::read_until(tee(output, OutputSource::Console), port_in.clone()) {
                Ok((port, lines)) => {
                    return Self {
                        port,
                        lines,
                        _group: group,
                    };
                }
                Err(said) => all_said.push_str(&said),
            }
        }
        panic!("{} tells no port: {all_said}", program.display())
    }

    /// As [`Self::start`], for a server that must be given a port.
    ///
    /// # Panics
    ///
    /// When it can't be started.
    #[expect(
        clippy::disallowed_methods,
        reason = "a port that is not yet listened on can only be tried again"
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
            // The last of each option counts.
            let mut group = ProcessGroup::spawn(command.arg(format!("--port={port}")));
            let output = group.child.stderr.take().expect("it is piped");
            let lines = OutputLines::read_all(tee(output, OutputSource::Console));
            // It ends at once where another program was faster to take the port.
            while matches!(group.child.try_wait(), Ok(None)) && begun.elapsed() < PATIENCE {
                if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                    return Self {
                        port,
                        lines,
                        _group: group,
                    };
                }
                thread::sleep(LOOK_AGAIN);
            }
        }
        panic!("{} takes no commands", program.display());
    }

    /// Where it takes commands.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The lines that it and its browser have printed since the last call.
    pub(super) fn said(&self) -> Vec<String> {
        self.lines.take()
    }
}

fn command(program: &Path, folder: &Path, environment: Vec<(&str, String)>) -> Command {
    let mut command = Command::new(program);
    command
        .env("TMPDIR", folder)
        .envs(environment)
        .stdin(Stdio::null());
    command
}

/// Where one port in thousands is taken, this is enough.
const TRIES: usize = 5;

/// Longer than a start takes, even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked whether a server takes commands.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
