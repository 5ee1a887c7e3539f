//! What the recogniser has done: numbers for an operator.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// What the recogniser has done since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Open sessions.
    pub sessions: usize,
    /// How many sessions there can be at once. `None` is no limit: the recogniser needs almost no
    /// processor time.
    pub seats: Option<usize>,
    /// Sessions that were refused because there were too many: of their owner, or of all.
    pub refused: u64,
    /// The audio that was recognised.
    pub audio: Duration,
    /// The time that this took, with the time of the recogniser's own processes. Sessions that work
    /// at the same time add up. Divided by `audio`, it is the real-time factor.
    pub busy: Duration,
}

/// The counts behind [`Usage`].
#[derive(Debug, Default)]
pub(crate) struct UsageCounts {
    sessions: AtomicUsize,
    refused: AtomicU64,
    audio_us: AtomicU64,
    busy_us: AtomicU64,
}

/// An open session. Dropping this value ends the count.
#[derive(Debug)]
pub(crate) struct CountedSession(Arc<UsageCounts>);

impl UsageCounts {
    /// Counts a session until the returned value is dropped.
    pub(crate) fn open(self: &Arc<Self>) -> CountedSession {
        self.sessions.fetch_add(1, Ordering::Relaxed);
        CountedSession(Arc::clone(self))
    }

    /// Counts a session that was refused because there were too many.
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts audio, and the time that the recogniser took for it.
    pub(crate) fn recognised(&self, audio: Duration, busy: Duration) {
        self.audio_us.fetch_add(micros(audio), Ordering::Relaxed);
        self.busy_us.fetch_add(micros(busy), Ordering::Relaxed);
    }

    pub(crate) fn read(&self, seats: Option<usize>) -> Usage {
        let time = |count: &AtomicU64| Duration::from_micros(count.load(Ordering::Relaxed));
        Usage {
            sessions: self.sessions.load(Ordering::Relaxed),
            seats,
            refused: self.refused.load(Ordering::Relaxed),
            audio: time(&self.audio_us),
            busy: time(&self.busy_us),
        }
    }
}

impl Drop for CountedSession {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

/// No more than 64 bits: that is half a million years.
fn micros(time: Duration) -> u64 {
    time.as_micros() as u64
}
