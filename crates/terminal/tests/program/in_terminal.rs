//! The program in a pseudo-terminal.

use std::num::NonZeroU16;

use pty_process::{Pty, Size};
use rustix::termios::{LocalModes, tcgetattr};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Child,
    time::timeout,
};

use crate::{
    output::DEADLINE,
    output::Kept,
    program::{PROGRAM, Program},
    rows::rows,
};

/// The program in a terminal. Its standard input is a pipe; the keyboard still gives Ctrl+C.
pub(crate) struct InTerminal {
    pub(crate) child: Child,
    pty: Pty,
    terminal: vt100::Parser,
    /// All that was written to the terminal.
    pub(crate) written: Vec<u8>,
    kept: Kept,
    _folder: TempDir,
}

impl InTerminal {
    pub(crate) fn start(program: Program, columns: u16, rows: u16) -> Self {
        Self::start_with(program, columns, rows, |command| {
            command.stdin(std::process::Stdio::piped())
        })
    }

    /// Starts it with other streams than the terminal, as `redirect` says.
    pub(crate) fn start_with(
        program: Program,
        columns: u16,
        rows: u16,
        redirect: impl FnOnce(pty_process::Command) -> pty_process::Command,
    ) -> Self {
        let (pty, pts) = pty_process::open().expect("a pseudo-terminal");
        pty.resize(Size::new(rows, columns)).expect("a size");
        let (args, variables, folder) = program.into_parts();
        let child = redirect(pty_process::Command::new(PROGRAM))
            .args(args)
            .env_clear()
            .env("TERM", "xterm-256color")
            .envs(variables)
            .current_dir(folder.path())
            .kill_on_drop(true)
            .spawn(pts)
            .expect("it starts");
        Self {
            child,
            pty,
            terminal: vt100::Parser::new(size(rows), size(columns), 1_000),
            written: Vec::new(),
            kept: Kept::new(),
            _folder: folder,
        }
    }

    /// Writes audio to its standard input.
    pub(crate) async fn feed(&mut self, input: &[u8]) {
        let mut stdin = self.child.stdin.take().expect("it is open");
        timeout(DEADLINE, async {
            // Nothing may wait for the other: the program writes meanwhile.
            let mut rest = input;
            while !rest.is_empty() {
                tokio::select! {
                    count = stdin.write(rest) => rest = &rest[count.expect("it is read")..],
                    is_open = self.read() => assert!(is_open, "it has ended"),
                }
            }
        })
        .await
        .expect("it is read");
        self.child.stdin = Some(stdin);
    }

    /// Presses Ctrl+C.
    pub(crate) async fn press_ctrl_c(&mut self) {
        self.pty.write_all(b"\x03").await.expect("typed");
    }

    /// Changes the size of the terminal, of which the program gets a signal.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal
            .screen_mut()
            .set_size(size(rows), size(columns));
        self.pty.resize(Size::new(rows, columns)).expect("a size");
    }

    /// Waits until the rows are right, and returns them.
    pub(crate) async fn wait_until(&mut self, is_right: impl Fn(&[String]) -> bool) -> Vec<String> {
        let seen = timeout(DEADLINE, async {
            loop {
                let rows = self.rows();
                if is_right(&rows) {
                    return Some(rows);
                }
                if !self.read().await {
                    return None;
                }
            }
        })
        .await;
        match seen {
            Ok(Some(rows)) => rows,
            Ok(None) => panic!("it has ended: {:#?}", self.rows()),
            Err(_) => panic!("it is never shown: {:#?}", self.rows()),
        }
    }

    /// Waits until a row begins with a text.
    pub(crate) async fn wait_for(&mut self, start: &str) -> Vec<String> {
        self.wait_until(|rows| rows.iter().any(|row| row.starts_with(start)))
            .await
    }

    /// Waits for the end of the program, and returns its exit status.
    pub(crate) async fn end(&mut self) -> Option<i32> {
        let status = timeout(DEADLINE, async {
            while self.read().await {}
            self.child.wait().await
        })
        .await;
        let Ok(status) = status else {
            panic!("it goes on: {:#?}", self.rows());
        };
        status.expect("its status").code()
    }

    /// The modes of the terminal, such as whether it shows what is typed.
    pub(crate) fn modes(&self) -> LocalModes {
        tcgetattr(&self.pty).expect("a terminal").local_modes
    }

    /// The rows of the scroll-back and of the screen.
    pub(crate) fn rows(&mut self) -> Vec<String> {
        rows(&mut self.terminal)
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.terminal.screen()
    }

    /// Reads once. Returns `false` at the end, which is an error on Linux. Cancel-safe.
    async fn read(&mut self) -> bool {
        let mut buffer = [0; 4_096];
        let count = self.pty.read(&mut buffer).await.unwrap_or(0);
        self.terminal.process(&buffer[..count]);
        self.written.extend_from_slice(&buffer[..count]);
        self.kept.add(&buffer[..count]);
        count > 0
    }
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("more than nothing")
}
