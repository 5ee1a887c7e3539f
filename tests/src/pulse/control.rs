//! Commands for a running sound system.

use std::{
    io::BufReader,
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
};

use inturn_testkit::ProcessGroup;

use crate::{machine, priority::Priority};

/// The address of a running sound system.
#[derive(Clone)]
pub(super) struct Control {
    /// In the format of `PULSE_SERVER`.
    pub(super) server: String,
    /// Its folder, also for the files of its clients.
    pub(super) folder: PathBuf,
    /// Its priority, also for its clients.
    pub(super) priority: Priority,
}

impl Control {
    /// Returns a command of a client.
    pub(super) fn client(&self, program: &Path) -> Command {
        let mut command = self.priority.command(program);
        command
            .args(["--server", &self.server])
            .envs(private(&self.folder));
        command
    }

    /// Runs a command of `pactl` and returns what it prints.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub(super) fn run(&self, arguments: &[&str]) -> String {
        let output = self.pactl().args(arguments).output();
        let output = output.expect("pactl can be started");
        assert!(output.status.success(), "pactl {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Subscribes to events about opened and closed devices.
    pub(super) fn subscribe(&self) -> (ProcessGroup, BufReader<ChildStdout>) {
        let mut command = self.pactl();
        command
            .arg("subscribe")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut watch = ProcessGroup::spawn(&mut command);
        let events = watch.child.stdout.take().expect("stdout is piped");
        (watch, BufReader::new(events))
    }

    /// Returns how many programs have the microphone open.
    pub(super) fn listener_count(&self) -> usize {
        count_listeners(&self.run(&["list", "short", "source-outputs"]))
    }

    fn pactl(&self) -> Command {
        let mut command = self.client(&machine::pactl());
        // The output is parsed.
        command.env("LC_ALL", "C");
        command
    }
}

/// Returns variables that keep the daemon and its clients away from the user's settings and daemon.
pub(super) fn private(folder: &Path) -> Vec<(&'static str, &Path)> {
    vec![
        ("HOME", folder),
        ("XDG_CONFIG_HOME", folder),
        ("XDG_RUNTIME_DIR", folder),
        ("PULSE_RUNTIME_PATH", folder),
    ]
}

/// Counts the rows, each with the columns number, source, client, driver and format. A module that
/// reads a source has no client.
fn count_listeners(source_outputs: &str) -> usize {
    let client = |row: &str| row.split('\t').nth(2).map(str::to_owned);
    let clients = source_outputs.lines().filter_map(client);
    clients.filter(|client| client != "-").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_no_listeners() {
        let module = "0\t1\t-\tmodule-remap-source.c\ts16le 1ch 48000Hz\n";
        let program = "7\t2\t9\tprotocol-native.c\ts16le 1ch 48000Hz\n";
        assert_eq!(count_listeners(""), 0);
        assert_eq!(count_listeners(module), 0);
        assert_eq!(count_listeners(&[module, program, program].concat()), 2);
    }
}
