//! Signals: Ctrl+C, the end of the terminal, and its new size.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    /// To stop: Ctrl+C or `kill`.
    Stop,
    /// To stop, because the terminal was closed. This may come several times.
    HangUp,
    /// To draw for another size of the terminal.
    Resize,
}

/// The signals that the program handles.
#[derive(Debug)]
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    resize: Signal,
}

#[cfg(unix)]
impl Signals {
    /// Begins to handle the signals.
    ///
    /// # Errors
    ///
    /// If the system refuses it.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    /// Waits for the next signal. Cancel-safe.
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.hang_up.recv() => Asked::HangUp,
            _ = self.resize.recv() => Asked::Resize,
        }
    }
}

/// The signals that the program handles. They are registered for as long as this lives, so none is
/// lost between two calls.
#[derive(Debug)]
#[cfg(windows)]
pub(super) struct Signals {
    interrupt: CtrlC,
    break_off: CtrlBreak,
    close: CtrlClose,
}

#[cfg(windows)]
impl Signals {
    /// Begins to handle the signals.
    ///
    /// # Errors
    ///
    /// If the system refuses it.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            break_off: ctrl_break()?,
            close: ctrl_close()?,
        })
    }

    /// Waits for the next signal. Cancel-safe.
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.break_off.recv() => Asked::Stop,
            _ = self.close.recv() => Asked::HangUp,
        }
    }
}

impl Signals {
    /// Waits for a signal that asks to stop. Cancel-safe.
    pub(super) async fn stop(&mut self) {
        while self.next().await == Asked::Resize {}
    }
}
