//! Programs that are killed with all their child processes when the test ends.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    process::{Child, Command},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};

/// A program that leads its own process group. Dropping this value kills the group.
#[derive(Debug)]
pub struct ProcessGroup {
    /// The program.
    pub child: Child,
}

impl ProcessGroup {
    /// Starts the program.
    ///
    /// # Panics
    ///
    /// Panics if it can't be started.
    pub fn spawn(command: &mut Command) -> Self {
        let child = command.process_group(0).spawn().unwrap_or_else(|error| {
            let program = command.get_program().to_string_lossy();
            panic!("{program} can't be started: {error}.")
        });
        Self { child }
    }

    /// Suspends all processes of the group until the returned value is dropped.
    ///
    /// # Panics
    ///
    /// Panics if the program has exited.
    pub fn suspend(&self) -> Suspended<'_> {
        let suspended = self.signal(Signal::STOP);
        suspended.expect("the program runs until it is killed");
        Suspended(self)
    }

    fn signal(&self, signal: Signal) -> rustix::io::Result<()> {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        group.map_or(Ok(()), |group| kill_process_group(group, signal))
    }
}

/// A suspended process group, see [`ProcessGroup::suspend`]. Dropping this value resumes it.
#[derive(Debug)]
#[must_use]
pub struct Suspended<'a>(&'a ProcessGroup);

/// Lines that a program prints.
///
/// A thread reads the output to its end, so that the program never blocks on a full pipe.
#[derive(Debug)]
pub struct OutputLines(Arc<Mutex<Vec<String>>>);

impl OutputLines {
    /// Waits until `find` returns a value for a line. Returns that value and all lines.
    ///
    /// # Errors
    ///
    /// Returns what was printed if no line matched before the timeout or the end of the output.
    pub fn read_until<T: Send + 'static>(
        output: impl Read + Send + 'static,
        find: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> Result<(T, Self), String> {
        let (sender, receiver) = mpsc::channel();
        let mut sender = Some(sender);
        let lines = Self::read(output, move |line| {
            if let Some(value) = sender.as_ref().and_then(|_| find(line))
                && let Some(sender) = sender.take()
            {
                // Fails after the timeout, when the receiver is gone.
                let _ = sender.send(value);
            }
        });
        match receiver.recv_timeout(TIMEOUT) {
            Ok(value) => Ok((value, lines)),
            Err(_) => Err(lines.take().join("\n")),
        }
    }

    /// Reads all lines in the background.
    pub fn read_all(output: impl Read + Send + 'static) -> Self {
        Self::read(output, |_| {})
    }

    fn read(
        output: impl Read + Send + 'static,
        mut on_line: impl FnMut(&str) + Send + 'static,
    ) -> Self {
        let lines = Self(Arc::default());
        let buffer = Self(Arc::clone(&lines.0));
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                on_line(&line);
                buffer.0.lock().expect("no reader panics").push(line);
            }
        });
        lines
    }

    /// Returns the lines since the last call.
    ///
    /// # Panics
    ///
    /// Panics if the reading thread has panicked.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no reader panics"))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let _ = self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for Suspended<'_> {
    fn drop(&mut self) {
        // If the group has exited, there is nothing to resume.
        let _ = self.0.signal(Signal::CONT);
    }
}

/// Longer than any program takes to start, even on a loaded machine.
const TIMEOUT: Duration = Duration::from_secs(60);
