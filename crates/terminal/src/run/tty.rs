//! The terminal itself: its size, and whether it shows what is typed.

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcsetattr};

/// Returns the columns and rows of the terminal.
pub(super) fn size() -> (u16, u16) {
    terminal_size::terminal_size().map_or(USUAL_SIZE, |(width, height)| (width.0, height.0))
}

/// Keeps the terminal from showing what is typed, which would land in the redrawn part. Dropping
/// this restores the terminal.
#[derive(Debug)]
pub(super) struct NoEcho {
    #[cfg(unix)]
    before: Option<Termios>,
}

impl NoEcho {
    /// Turns the echo off, if standard input is a terminal.
    #[cfg(unix)]
    pub(super) fn new() -> Self {
        let input = std::io::stdin();
        let before = isatty(&input).then(|| tcgetattr(&input).ok()).flatten();
        if let Some(before) = &before {
            let mut silent = before.clone();
            silent
                .local_modes
                .remove(LocalModes::ECHO | LocalModes::ICANON);
            // Without it, what is typed is seen, which is only ugly.
            let _ = tcsetattr(&input, OptionalActions::Now, &silent);
        }
        Self { before }
    }

    /// Does nothing on this system.
    #[cfg(not(unix))]
    pub(super) fn new() -> Self {
        Self {}
    }
}

#[cfg(unix)]
impl Drop for NoEcho {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // What was typed is not left to the shell.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, before);
        }
    }
}

/// The usual size of a terminal that does not report one.
const USUAL_SIZE: (u16, u16) = (80, 24);
