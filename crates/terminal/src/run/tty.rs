//! The terminal itself: its size, whether the program may use it, and whether it shows what is
//! typed.

use std::io::IsTerminal;
#[cfg(unix)]
use std::{io, os::fd::AsFd, sync::OnceLock};

#[cfg(unix)]
use rustix::{
    process::getpgrp,
    termios::{
        LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetpgrp,
        tcsetattr,
    },
};

/// Returns the columns and rows of the terminal.
pub(super) fn size() -> (u16, u16) {
    terminal_size::terminal_size().map_or(USUAL_SIZE, |(width, height)| (width.0, height.0))
}

/// Whether a stream is a terminal that the program may draw in: not if other programs are in its
/// foreground, as after `&` and `bg` in a shell.
#[cfg(unix)]
pub(super) fn is_drawable(stream: impl AsFd + IsTerminal) -> bool {
    // It fails in a terminal that is not that of the shell.
    stream.is_terminal() && !tcgetpgrp(stream).is_ok_and(|it| it != getpgrp())
}

/// Whether a stream is a terminal.
#[cfg(not(unix))]
pub(super) fn is_drawable(stream: impl IsTerminal) -> bool {
    stream.is_terminal()
}

/// Keeps the terminal from showing what is typed, which would land in the redrawn part. Dropping
/// this restores the terminal, and so does a panic.
#[derive(Debug)]
pub(super) struct NoEcho(());

impl NoEcho {
    /// Turns the echo off, if standard input is a terminal and the program is in its foreground.
    #[cfg(unix)]
    pub(super) fn new() -> Self {
        let input = io::stdin();
        if is_in_foreground(&input)
            && let Ok(before) = tcgetattr(&input)
        {
            let mut silent = before.clone();
            silent
                .local_modes
                .remove(LocalModes::ECHO | LocalModes::ICANON);
            if BEFORE.set(before).is_ok() {
                restore_at_panic();
            }
            // Without it, what is typed is seen, which is only ugly.
            let _ = tcsetattr(&input, OptionalActions::Now, &silent);
        }
        Self(())
    }

    /// Does nothing on this system.
    #[cfg(not(unix))]
    pub(super) fn new() -> Self {
        Self(())
    }
}

impl Drop for NoEcho {
    fn drop(&mut self) {
        #[cfg(unix)]
        restore();
    }
}

/// The modes of the terminal before the program changed them.
#[cfg(unix)]
static BEFORE: OnceLock<Termios> = OnceLock::new();

#[cfg(unix)]
fn restore() {
    let input = io::stdin();
    // In the background, the system would stop the program; the shell has its own modes then.
    if let Some(before) = BEFORE.get()
        && is_in_foreground(&input)
    {
        // What was typed is not left to the shell. This does not wait for a stalled terminal.
        let _ = tcflush(&input, QueueSelector::IFlush);
        let _ = tcsetattr(&input, OptionalActions::Now, before);
    }
}

/// A release aborts at a panic, so nothing is dropped.
#[cfg(unix)]
fn restore_at_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        restore();
        usual(info);
    }));
}

#[cfg(unix)]
fn is_in_foreground(input: impl AsFd) -> bool {
    tcgetpgrp(input).is_ok_and(|it| it == getpgrp())
}

/// The usual size of a terminal that does not report one.
const USUAL_SIZE: (u16, u16) = (80, 24);
