//! A bounded queue of log lines in front of standard error.
//!
//! A pipe holds 64 KiB. If its reader stops, writing blocks, and so would every request that logs a
//! line. The queue never blocks: if it is full, lines are dropped and counted.

use std::{
    io,
    io::{Stderr, Write},
    sync::{
        Condvar, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;

/// Writer that queues lines for the thread that writes them.
#[derive(Clone)]
pub(super) struct Queue(NonBlocking);

impl Queue {
    /// Starts the writing thread, which runs until the process ends.
    pub(super) fn start() -> Self {
        let (lines, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(MAX_LINES)
            .lossy(true)
            .thread_name("log")
            .finish(CountedStderr(io::stderr()));
        // Can't be set already: the global subscriber can be set only once, too.
        let _ = WORKER.set(Worker {
            full: lines.error_counter(),
            _guard: guard,
        });
        Self(lines)
    }
}

impl<'writer> MakeWriter<'writer> for Queue {
    type Writer = Self;

    fn make_writer(&'writer self) -> Self {
        self.clone()
    }
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        QUEUED.fetch_add(1, Ordering::Relaxed);
        self.0.write(line)
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        self.write(line).map(|_| ())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard error. Counts lines that were written, and lines that could not be written.
struct CountedStderr(Stderr);

impl Write for CountedStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.0.write_all(line);
        let count = if written.is_ok() { &WRITTEN } else { &FAILED };
        count.fetch_add(1, Ordering::Release);
        // Locked briefly, so that the notification can't come between `flush` checking the counts
        // and waiting.
        drop(WAITING.lock());
        PROGRESS.notify_all();
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The writing thread.
struct Worker {
    full: ErrorCounter,
    /// Never dropped, because its `Drop` prints to standard output if the log's reader has stopped.
    /// [`flush`] replaces it.
    _guard: WorkerGuard,
}

/// Waits until the queue is empty, at most [`FLUSH_TIMEOUT`]. Returns whether it is empty.
pub(super) fn flush() -> bool {
    let is_queued = |(): &mut ()| {
        let queued = QUEUED.load(Ordering::Acquire);
        WRITTEN.load(Ordering::Acquire) + dropped_lines() < queued
    };
    let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = PROGRESS.wait_timeout_while(waiting, FLUSH_TIMEOUT, is_queued);
    !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
}

pub(super) fn dropped_lines() -> u64 {
    let full = WORKER.get().map_or(0, |worker| worker.full.dropped_lines());
    FAILED.load(Ordering::Acquire) + u64::try_from(full).unwrap_or(u64::MAX)
}

static WORKER: OnceLock<Worker> = OnceLock::new();

/// Lines that were logged.
static QUEUED: AtomicU64 = AtomicU64::new(0);

/// Lines that were written to standard error.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Lines that could not be written, for example because standard error is closed.
static FAILED: AtomicU64 = AtomicU64::new(0);

/// Notified after each line.
static PROGRESS: Condvar = Condvar::new();

/// Locked by [`flush`] while it checks the counts.
static WAITING: Mutex<()> = Mutex::new(());

/// About a megabyte, at a few hundred bytes per line. A server that hands out tokens as fast as one
/// core allows fills it in a quarter of a second.
const MAX_LINES: usize = 4096;

/// A working reader reads the whole queue in milliseconds. One that has stopped must not delay
/// exit.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
