//! The program, started by a test.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::Stdio,
};

use inturn_testkit::secrets::KEY;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
    time::timeout,
};

use crate::{
    output::{DEADLINE, Output},
    stage::Stage,
};

/// How the program is started: in a folder of its own, without a variable but those that are set
/// here.
pub(crate) struct Program {
    pub(crate) args: Vec<OsString>,
    pub(crate) variables: Vec<(&'static str, OsString)>,
    folder: TempDir,
}

/// The running program. Dropping it kills it.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    _folder: TempDir,
}

/// What is left of a program that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// `None` after a signal.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    /// The program, with nothing but its arguments.
    pub(crate) fn new(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().as_os_str().to_owned();
        Self {
            args: args.into_iter().map(|it| it.as_ref().to_owned()).collect(),
            variables: vec![("HOME", home.clone()), ("XDG_RUNTIME_DIR", home)],
            folder,
        }
    }

    /// The program, with the emulator as the service.
    pub(crate) fn at(stage: &Stage, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut program = Self::new(args).var("ASSEMBLYAI_API_KEY", KEY);
        program.args.push("--service-url".into());
        program.args.push(stage.url.clone().into());
        program
    }

    #[must_use]
    pub(crate) fn var(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Its current folder, which is empty at the start.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it with pipes.
    pub(crate) fn start(self) -> Running {
        self.start_with(Stdio::piped())
    }

    pub(crate) fn start_with(self, stdout: impl Into<Stdio>) -> Running {
        let mut child = Command::new(PROGRAM)
            .args(&self.args)
            .env_clear()
            .envs(self.variables)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let stdout = child.stdout.take();
        let stdout = match stdout {
            Some(pipe) => Output::read(pipe),
            None => Output::read(tokio::io::empty()),
        };
        Running {
            stdin: child.stdin.take(),
            stdout,
            stderr: Output::read(child.stderr.take().expect("a pipe")),
            child,
            _folder: self.folder,
        }
    }

    /// Runs it to its end, without input.
    pub(crate) async fn run(self) -> Ended {
        self.run_with(Vec::new()).await
    }

    /// Runs it to its end, with this input.
    pub(crate) async fn run_with(self, input: Vec<u8>) -> Ended {
        let mut running = self.start();
        running.feed_all(input);
        running.end().await
    }

    /// Taken apart, to be started in another way.
    pub(crate) fn into_parts(self) -> (Vec<OsString>, Vec<(&'static str, OsString)>, TempDir) {
        (self.args, self.variables, self.folder)
    }
}

impl Running {
    /// Writes all input in the background, and then closes it.
    pub(crate) fn feed_all(&mut self, input: Vec<u8>) {
        let mut stdin = self.stdin.take().expect("it is open");
        tokio::spawn(async move {
            // Fails if the program has ended.
            let _ = stdin.write_all(&input).await;
        });
    }

    /// Writes input, and leaves it open.
    pub(crate) async fn feed(&mut self, input: &[u8]) {
        let stdin = self.stdin.as_mut().expect("it is open");
        let written = timeout(DEADLINE, stdin.write_all(input)).await;
        written.expect("it is read").expect("it is read");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = self.child.id().expect("it runs");
        let id = Pid::from_raw(id as i32).expect("a process");
        kill_process(id, signal).expect("it runs");
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> Ended {
        let status = timeout(DEADLINE, self.child.wait()).await;
        let Ok(status) = status else {
            panic!("it goes on: {}", self.stderr.text());
        };
        Ended {
            status: status.expect("its status").code(),
            stdout: self.stdout.end().await,
            stderr: self.stderr.end().await,
        }
    }
}

/// The path of the program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_inturn-listen");
