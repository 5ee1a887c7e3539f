//! Writes a stream on a thread of its own.
//!
//! A reader that stalls (a terminal after Ctrl+S, a pipe that is not read, a named pipe without a
//! reader) blocks only that thread: sound, connections and signals are still served.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use tokio::sync::{Notify, oneshot};

/// A stream that is written in the background. After an error it ignores what follows.
///
/// Dropped, it goes on writing what is left, until the program ends.
pub(crate) struct Writer {
    pieces: mpsc::Sender<Piece>,
    failure: Arc<Failure>,
}

enum Piece {
    Text(String),
    /// All before it is written.
    Mark(oneshot::Sender<()>),
}

/// The first error, until it is taken.
#[derive(Default)]
struct Failure {
    error: Mutex<Option<io::Error>>,
    notify: Notify,
}

impl Writer {
    /// Starts to write to `stream`, which may block.
    pub(crate) fn new(stream: impl Write + Send + 'static) -> Self {
        let (pieces, received) = mpsc::channel();
        let failure = Arc::new(Failure::default());
        let writer = Self {
            pieces,
            failure: Arc::clone(&failure),
        };
        let thread = thread::Builder::new().name("writer".to_owned());
        let write = move || {
            if let Err(error) = write_all(stream, &received) {
                failure.set(error);
            }
            // Only now: a mark that is dropped finds the error.
            drop(received);
        };
        if let Err(error) = thread.spawn(write) {
            writer.failure.set(error);
        }
        writer
    }

    /// Writes and flushes a text, later. Never blocks.
    pub(crate) fn write(&self, text: String) {
        // Fails after an error, which is reported elsewhere.
        let _ = self.pieces.send(Piece::Text(text));
    }

    /// Returns the first error, once.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Waits for the first error, and takes it; for ever without one. Cancel-safe.
    pub(crate) async fn failed(&self) -> io::Error {
        loop {
            if let Some(error) = self.failure.take() {
                return error;
            }
            self.failure.notify.notified().await;
        }
    }

    /// Waits until all is written. Cancel-safe: what is left is written nevertheless.
    ///
    /// # Errors
    ///
    /// The first error, unless it was taken before.
    pub(crate) async fn flush(&self) -> io::Result<()> {
        let (mark, reached) = oneshot::channel();
        let is_sent = self.pieces.send(Piece::Mark(mark)).is_ok();
        if is_sent && reached.await.is_ok() {
            return Ok(());
        }
        self.failure.take().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Failure {
    fn set(&self, error: io::Error) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        self.notify.notify_one();
    }

    fn take(&self) -> Option<io::Error> {
        let mut error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        error.take()
    }
}

/// Writes the pieces until there are no more.
fn write_all(mut stream: impl Write, pieces: &mpsc::Receiver<Piece>) -> io::Result<()> {
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                stream.write_all(text.as_bytes())?;
                stream.flush()?;
            }
            // Fails if the wait was abandoned.
            Piece::Mark(mark) => drop(mark.send(())),
        }
    }
    Ok(())
}
