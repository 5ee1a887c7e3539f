//! Logs of sessions, by which tests check a client.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use tokio::sync::watch;

/// Log of one attempt to open a session. Contains no key, no token and no transcript.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SessionLog {
    /// The id in `Begin`, and the name of the recorded files.
    pub id: String,
    /// Number of the attempt since the faults were last set, from 1.
    pub number: u64,
    /// When the socket was opened: Unix time in milliseconds.
    pub opened_at_ms: u64,
    /// When it was closed: Unix time in milliseconds. `None` while it is open.
    pub closed_at_ms: Option<u64>,
    /// Number of faults that applied to it.
    pub faults: usize,
    /// Whether credentials, limits and parameters were accepted.
    pub accepted: bool,
    /// Whether `Begin` was sent, or was due and dropped by a fault.
    pub begun: bool,
    /// Whether the client sent `Terminate`.
    pub terminated: bool,
    /// How it was closed. `None` while it is open.
    pub closed: Option<Closed>,
    /// The `Error` message, if one was sent.
    pub error: Option<LoggedError>,
    /// The model in use.
    pub speech_model: String,
    /// The declared rate of the audio, in Hz.
    pub sample_rate: u32,
    /// The declared encoding.
    pub encoding: String,
    /// Received audio, in milliseconds.
    pub audio_ms: u64,
    /// Received audio, in samples.
    pub samples: u64,
    /// Received audio when the first words were ready, in milliseconds.
    pub words_after_ms: Option<u64>,
    /// What the service would bill: the time the socket was open, rounded up. `None` while it is
    /// open.
    pub billed_seconds: Option<u64>,
    /// The audio frames.
    pub frames: FrameLog,
    /// Number of received control messages of each type.
    pub control_messages: BTreeMap<String, u64>,
    /// Number of ended turns.
    pub turns: u32,
}

/// How a session was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// Which side closed it.
    pub by: ClosedBy,
    /// The close code. `None` if no close frame was sent or received.
    pub code: Option<u16>,
    /// The close frame's reason.
    pub reason: String,
}

/// Which side closed a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The client sent a close frame first.
    Client,
    /// The emulator sent a close frame first, or a fault dropped the connection.
    Emulator,
    /// The connection was lost without a close frame.
    Connection,
}

/// An `Error` message that was sent, see [`SessionLog::error`].
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
    /// Number of accepted frames.
    pub count: u64,
    /// Number of accepted frames under 50 ms.
    pub short: u64,
    /// Number of frames after `Terminate`, which were ignored.
    pub after_terminate: u64,
    /// Number of frames of each size in bytes.
    pub sizes: BTreeMap<usize, u64>,
    /// The sizes in the order of arrival, with consecutive equal sizes counted together.
    pub runs: Vec<FrameRun>,
}

/// Consecutive frames of the same size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FrameRun {
    /// Size of each frame, in bytes.
    pub bytes: usize,
    /// Number of frames.
    pub count: u64,
}

impl FrameLog {
    /// Counts a frame of this size.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.count += 1;
        *self.sizes.entry(bytes).or_default() += 1;
        match self.runs.last_mut() {
            Some(run) if run.bytes == bytes => run.count += 1,
            _ => self.runs.push(FrameRun { bytes, count: 1 }),
        }
    }

    /// Whether all frames except the last had this size, and the last was not larger.
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

    /// Adds a log and returns its key.
    pub(crate) fn open(&self, log: SessionLog) -> u64 {
        let key = {
            let mut next_key = lock(&self.next_key);
            *next_key += 1;
            *next_key
        };
        {
            let mut logs = lock(&self.logs);
            logs.insert(key, log);
            // The number of logs is bounded, since a server can run for months.
            let oldest = logs
                .iter()
                .find(|(_, log)| log.closed.is_some())
                .map(|(key, _)| *key);
            if logs.len() > MAX_LOGS
                && let Some(oldest) = oldest
            {
                logs.remove(&oldest);
            }
        }
        self.changes.send_modify(|changes| *changes += 1);
        key
    }

    /// Changes the log with this key.
    pub(crate) fn write(&self, key: u64, change: impl FnOnce(&mut SessionLog)) {
        if let Some(log) = lock(&self.logs).get_mut(&key) {
            change(log);
        }
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Returns a copy of the log with this key.
    pub(crate) fn read(&self, key: u64) -> Option<SessionLog> {
        lock(&self.logs).get(&key).cloned()
    }

    /// Returns copies of all logs.
    pub(crate) fn all(&self) -> Vec<SessionLog> {
        lock(&self.logs).values().cloned().collect()
    }

    /// Returns a receiver that is notified of every change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// Locks a mutex, even a poisoned one.
///
/// A panic leaves the data usable, since every change to it is a single step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Far more than a test opens. This many logs take a few hundred kilobytes.
const MAX_LOGS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(sizes: &[usize]) -> FrameLog {
        let mut frames = FrameLog::default();
        sizes.iter().for_each(|&bytes| frames.add(bytes));
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
