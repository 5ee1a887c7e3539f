//! What is written down about each session, so that a test can fail a client for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;

/// One attempt to open a session, and what came of it. Holds no key, no token and no transcript.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SessionLog {
    /// The id that `Begin` told, and the name of the recorded files.
    pub id: String,
    /// The how-manieth attempt this was since the faults were last set, from 1.
    pub number: u64,
    /// When the socket was opened, in Unix milliseconds.
    pub opened_at_ms: u64,
    /// When it was closed, in Unix milliseconds; `None` while it is open.
    pub closed_at_ms: Option<u64>,
    /// Whether it got past credentials, limits and parameters.
    pub accepted: bool,
    /// Whether `Begin` was sent.
    pub begun: bool,
    /// Whether the client said `Terminate`.
    pub terminated: bool,
    /// How it was closed; `None` while it is open.
    pub closed: Option<Closed>,
    /// The `Error` message that was sent.
    pub error: Option<LoggedError>,
    /// The model in use.
    pub speech_model: String,
    /// The declared rate of the audio, in Hz.
    pub sample_rate: u32,
    /// The declared encoding.
    pub encoding: String,
    /// Audio received, in milliseconds.
    pub audio_ms: u64,
    /// Audio received, in samples.
    pub samples: u64,
    /// What the service would bill: the time the socket was open, rounded up. `None` while open.
    pub billed_seconds: Option<u64>,
    /// The audio frames.
    pub frames: FrameLog,
    /// How many control messages of each type came.
    pub control_messages: BTreeMap<String, u64>,
    /// How many turns were ended.
    pub turns: u32,
}

/// How a session was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// Who did it.
    pub by: ClosedBy,
    /// The close code; `None` if no close frame was sent or received.
    pub code: Option<u16>,
    /// The close frame's reason.
    pub reason: String,
}

/// Who closed a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The client sent a close frame first.
    Client,
    /// The emulator sent one first, or cut the connection as a fault told it to.
    Emulator,
    /// The connection went away without one.
    Connection,
}

/// See [`SessionLog::error`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedError {
    /// The close code that followed.
    pub code: u16,
    /// The service's text.
    pub text: String,
}

/// The audio frames of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FrameLog {
    /// How many were taken.
    pub count: u64,
    /// How many of them held less than 50 ms.
    pub short: u64,
    /// How many came after `Terminate`, and were not taken.
    pub after_terminate: u64,
    /// How many there were of each size in bytes.
    pub sizes: BTreeMap<usize, u64>,
    /// The sizes in the order they came, equal neighbours counted together.
    pub runs: Vec<FrameRun>,
}

/// Frames of the same size in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FrameRun {
    /// The size of each, in bytes.
    pub bytes: usize,
    /// How many.
    pub count: u64,
}

impl FrameLog {
    pub(crate) fn note(&mut self, bytes: usize) {
        self.count += 1;
        *self.sizes.entry(bytes).or_default() += 1;
        match self.runs.last_mut() {
            Some(run) if run.bytes == bytes => run.count += 1,
            _ => self.runs.push(FrameRun { bytes, count: 1 }),
        }
    }

    /// Whether every frame but the last had this size, and the last no more.
    pub fn all_but_the_last_are(&self, bytes: usize) -> bool {
        match self.runs.as_slice() {
            [] => true,
            [only] => only.bytes == bytes || only.count == 1 && only.bytes <= bytes,
            [first, last] => first.bytes == bytes && last.count == 1 && last.bytes < bytes,
            _ => false,
        }
    }
}

/// The logs of an emulator, oldest first.
pub(crate) struct SessionLogs {
    logs: Mutex<BTreeMap<u64, SessionLog>>,
    next_key: Mutex<u64>,
    changes: watch::Sender<u64>,
}

impl SessionLogs {
    pub(crate) fn new() -> Self {
        Self {
            logs: Mutex::default(),
            next_key: Mutex::default(),
            changes: watch::Sender::new(0),
        }
    }

    /// Starts a log and gives the key to write to it.
    pub(crate) fn open(&self, log: SessionLog) -> u64 {
        let key = {
            let mut next_key = locked(&self.next_key);
            *next_key += 1;
            *next_key
        };
        {
            let mut logs = locked(&self.logs);
            logs.insert(key, log);
            // A service that runs for months must not grow with every session it has had.
            let oldest = logs
                .iter()
                .find(|(_, log)| log.closed.is_some())
                .map(|(key, _)| *key);
            if logs.len() > KEPT_LOGS
                && let Some(oldest) = oldest
            {
                logs.remove(&oldest);
            }
        }
        self.changes.send_modify(|changes| *changes += 1);
        key
    }

    pub(crate) fn write(&self, key: u64, change: impl FnOnce(&mut SessionLog)) {
        if let Some(log) = locked(&self.logs).get_mut(&key) {
            change(log);
        }
        self.changes.send_modify(|changes| *changes += 1);
    }

    pub(crate) fn read(&self, key: u64) -> Option<SessionLog> {
        locked(&self.logs).get(&key).cloned()
    }

    pub(crate) fn all(&self) -> Vec<SessionLog> {
        locked(&self.logs).values().cloned().collect()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// A lock whose holder panicked still guards usable data: every change to it is a single step.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Far more than a test opens; a few hundred kilobytes.
const KEPT_LOGS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(sizes: &[usize]) -> FrameLog {
        let mut frames = FrameLog::default();
        sizes.iter().for_each(|&bytes| frames.note(bytes));
        frames
    }

    #[test]
    fn only_the_last_frame_may_be_shorter() {
        assert!(frames(&[]).all_but_the_last_are(3_200));
        assert!(frames(&[3_200, 3_200]).all_but_the_last_are(3_200));
        assert!(frames(&[3_200, 3_200, 1_600]).all_but_the_last_are(3_200));
        assert!(frames(&[1_600]).all_but_the_last_are(3_200));
        assert!(!frames(&[1_600, 3_200]).all_but_the_last_are(3_200));
        assert!(!frames(&[3_200, 1_600, 1_600]).all_but_the_last_are(3_200));
        assert!(!frames(&[3_200, 3_400]).all_but_the_last_are(3_200));
        assert!(!frames(&[3_200, 1_600, 3_200]).all_but_the_last_are(3_200));
    }
}
