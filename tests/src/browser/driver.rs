//! A WebDriver server.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::process_group::{Lines, ProcessGroup};

/// The server, which leads a process group of its own that its browser joins.
pub(super) struct Driver {
    port: u16,
    lines: Lines,
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
        port_in: impl Fn(&str) -> Option<u16> + Send + 'static,
    ) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("TMPDIR", folder)
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut group = ProcessGroup::spawn(&mut command);
        let output = group.child.stdout.take().expect("it is piped");
        let (port, lines) = Lines::until(output, port_in)
            .unwrap_or_else(|said| panic!("{} tells no port: {said}", program.display()));
        Self {
            port,
            lines,
            _group: group,
        }
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
