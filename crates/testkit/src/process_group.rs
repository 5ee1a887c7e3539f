//! Programs that end with the test, and all that they have started with them.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    process::{Child, Command},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};

/// A program that leads a process group of its own.
#[derive(Debug)]
pub struct ProcessGroup {
    /// The program.
    pub child: Child,
}

impl ProcessGroup {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// When it can't be started.
    pub fn spawn(command: &mut Command) -> Self {
        let child = command.process_group(0).spawn().unwrap_or_else(|error| {
            let program = command.get_program().to_string_lossy();
            panic!("{program} can't be started: {error}.")
        });
        Self { child }
    }
}

/// The lines that a program prints. They are read to their end, so that it never waits for a
/// reader.
#[derive(Debug)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Reads until `look` finds something in a line; gives that, and the lines from there on.
    ///
    /// # Errors
    ///
    /// What was printed, when nothing was found in time.
    pub fn until<T: Send + 'static>(
        output: impl Read + Send + 'static,
        look: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> Result<(T, Self), String> {
        let (found, finding) = mpsc::channel();
        let mut found = Some(found);
        let lines = Self::read(output, move |line| {
            if let Some(what) = found.as_ref().and_then(|_| look(line))
                && let Some(found) = found.take()
            {
                // Nobody waits any more when it came too late.
                let _ = found.send(what);
            }
        });
        match finding.recv_timeout(PATIENCE) {
            Ok(what) => Ok((what, lines)),
            Err(_) => Err(lines.take().join("\n")),
        }
    }

    /// Reads all.
    pub fn of(output: impl Read + Send + 'static) -> Self {
        Self::read(output, |_| {})
    }

    fn read(
        output: impl Read + Send + 'static,
        mut look: impl FnMut(&str) + Send + 'static,
    ) -> Self {
        let lines = Self(Arc::default());
        let read = Self(Arc::clone(&lines.0));
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                look(&line);
                read.0.lock().expect("no reader panics").push(line);
            }
        });
        lines
    }

    /// Those since the last call.
    ///
    /// # Panics
    ///
    /// When their reader has panicked.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no reader panics"))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// Longer than a start takes, even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);
