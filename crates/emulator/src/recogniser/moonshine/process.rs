//! A process that runs the library.

use std::{
    io::{self, BufReader},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use inturn_moonshine::pipe::{self, Line, Reply};

use super::install::Install;

/// A running process. Dropping it ends the process.
pub(super) struct Process {
    child: Child,
    limits: Limits,
    /// Pieces of audio for the thread that talks to the process.
    pieces: Sender<Vec<i16>>,
    replies: Receiver<io::Result<Reply>>,
    /// Why the process was given up.
    failure: Option<String>,
}

/// How long the process may take. After that, it counts as hanging.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// To load the library and the model: 0.4 s on an idle machine.
    pub(super) start: Duration,
    /// To recognise a piece: 1 s for 15 s of audio on two idle cores, many times that on busy ones.
    pub(super) piece: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(60),
            piece: Duration::from_secs(60),
        }
    }
}

impl Process {
    /// Starts the process, and waits until it has loaded the model.
    ///
    /// # Errors
    ///
    /// Returns the reason if it can't be started, or can't load the model.
    pub(super) fn start(program: &Path, install: &Install, limits: Limits) -> Result<Self, String> {
        let mut command = Command::new(program);
        command
            .arg(&install.library)
            .arg(&install.model)
            .arg(install.architecture.to_string());
        Self::run(command, limits)
    }

    fn run(mut command: Command, limits: Limits) -> Result<Self, String> {
        let program = command.get_program().to_string_lossy().into_owned();
        let cannot = |error: &dyn std::fmt::Display| format!("{program} can't be started: {error}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // The library may print what it hears.
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| cannot(&error))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(cannot(&"it has no pipes"));
        };
        let (pieces, to_write) = mpsc::channel();
        let (results, replies) = mpsc::channel();
        // A pipe blocks if the process hangs, so a thread uses it. It ends with the process.
        let thread = thread::Builder::new().name("moonshine".to_owned());
        let spawned = thread.spawn(move || converse(input, output, &to_write, &results));
        let mut process = Self {
            child,
            limits,
            pieces,
            replies,
            failure: None,
        };
        spawned.map_err(|error| cannot(&error))?;
        match process.reply(limits.start)? {
            Reply::Ready => Ok(process),
            Reply::Failed(reason) => Err(reason),
            Reply::Lines(_) => Err("the recogniser's first message is not that it is ready".into()),
        }
    }

    /// Returns the words of a piece of audio.
    ///
    /// # Errors
    ///
    /// Returns the reason if the process has ended or hangs. Then it can't be used again.
    pub(super) fn transcribe(&mut self, piece: &[i16]) -> Result<Vec<Line>, String> {
        // It fails if the thread has ended. Then `reply` finds out why.
        let _ = self.pieces.send(piece.to_vec());
        match self.reply(self.limits.piece)? {
            Reply::Lines(lines) => Ok(lines),
            Reply::Failed(reason) => Err(reason),
            Reply::Ready => Err("the recogniser has started twice".to_owned()),
        }
    }

    fn reply(&mut self, limit: Duration) -> Result<Reply, String> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let failure = match self.replies.recv_timeout(limit) {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                format!("the recogniser's process sent an invalid message: {error}")
            }
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
                let end = self.end();
                format!("the recogniser's process has ended ({end})")
            }
            Err(RecvTimeoutError::Timeout) => {
                let secs = limit.as_secs_f32();
                format!("the recogniser's process has not answered for {secs} s")
            }
        };
        self.end();
        self.failure = Some(failure.clone());
        Err(failure)
    }

    /// Ends the process, and returns how it ended.
    fn end(&mut self) -> String {
        // It fails if the process has ended.
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Passes pieces to the process and its replies back, until one of the two has ended.
fn converse(
    mut input: ChildStdin,
    output: ChildStdout,
    pieces: &Receiver<Vec<i16>>,
    results: &Sender<io::Result<Reply>>,
) {
    let mut output = BufReader::new(output);
    loop {
        let reply = pipe::read_reply(&mut output);
        let has_failed = reply.is_err();
        if results.send(reply).is_err() || has_failed {
            return;
        }
        let Ok(piece) = pieces.recv() else { return };
        if let Err(error) = pipe::write_audio(&mut input, &piece) {
            // Fails if the session has ended, which needs no handling.
            let _ = results.send(Err(error));
            return;
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const READY: &str = r#"printf '"ready"\n';"#;

    /// A process that behaves as a shell script does.
    fn start(script: &str) -> Result<Process, String> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        // Too short for anything but a process that answers at once or never.
        let limits = Limits {
            start: Duration::from_secs(60),
            piece: Duration::from_millis(300),
        };
        Process::run(command, limits)
    }

    fn failure(script: &str) -> String {
        let mut process = start(&format!("{READY} {script}")).expect("it starts");
        let failure = process
            .transcribe(&[0; 1_000])
            .expect_err("it does not recognise");
        assert_eq!(
            process.transcribe(&[0]),
            Err(failure.clone()),
            "it is not used again"
        );
        failure
    }

    #[test]
    fn a_process_that_crashes_is_a_sentence() {
        let failure = failure("kill -SEGV $$");
        assert!(failure.contains("has ended (signal: 11"), "{failure}");
    }

    #[test]
    fn a_process_that_hangs_is_given_up() {
        // It doesn't read its input either.
        let failure = failure("exec sleep 1000");
        assert!(failure.contains("has not answered"), "{failure}");
    }

    #[test]
    fn a_process_that_writes_something_else_is_given_up() {
        let failure = failure("echo Loading model; exec sleep 1000");
        assert!(failure.contains("invalid message"), "{failure}");
    }

    #[test]
    fn a_model_that_cannot_be_loaded_is_named() {
        let reason = start(r#"printf '{"failed":"the model is damaged"}\n'"#).err();
        assert_eq!(reason.as_deref(), Some("the model is damaged"));
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let mut command = Command::new("/nonexistent/inturn-moonshine");
        command.arg("library");
        let reason = Process::run(command, Limits::default())
            .err()
            .unwrap_or_default();
        assert!(
            reason.starts_with("/nonexistent/inturn-moonshine can't be started"),
            "{reason}"
        );
    }
}
