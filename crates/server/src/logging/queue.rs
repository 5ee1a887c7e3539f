//! A bounded queue of log lines before standard error.
//!
//! A pipe holds 64 KiB. When its reader stops, a write to it blocks, and so would every request that logs
//! a line. The queue never blocks: lines that find it full are dropped and counted.

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

/// Takes lines for the thread that writes them.
#[derive(Clone)]
pub(super) struct Queue(NonBlocking);

impl Queue {
    /// Starts the writing thread, which lasts as long as the process.
    pub(super) fn start() -> Self {
        let (lines, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(MAX_LINES)
            .lossy(true)
            .thread_name("log")
            .finish(CountedStderr(io::stderr()));
        // The subscriber can be set once in a process, so this is the first time too.
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

/// Counts the lines that were written, and those that could not be.
struct CountedStderr(Stderr);

impl Write for CountedStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.0.write_all(line);
        let count = if written.is_ok() { &WRITTEN } else { &FAILED };
        count.fetch_add(1, Ordering::Release);
        // Held for a moment, so that the news can't fall between a look at the counts and the wait for it.
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
    /// Never dropped: its `Drop` prints to standard output when the log's reader has stopped. [`flush`]
    /// does its work.
    _guard: WorkerGuard,
}

/// Waits until nothing is queued, or [`FLUSH_TIMEOUT`] has passed.
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

/// Those of them that standard error took.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Those that it refused, because it is closed for instance.
static FAILED: AtomicU64 = AtomicU64::new(0);

/// Notified after each line that was written.
static PROGRESS: Condvar = Condvar::new();

/// Held by [`flush`] while it looks at the counts.
static WAITING: Mutex<()> = Mutex::new(());

/// Lines have some hundred bytes, so this is about a megabyte, and a quarter of a second of a server that
/// hands out as many tokens as one core can.
const MAX_LINES: usize = 4096;

/// A reader that lives takes this many lines in milliseconds; one that has stopped must not hold up the end.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
