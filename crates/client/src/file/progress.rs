//! How far a file has been played.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// How far a [`FileSource`](super::FileSource) has been played, and what is wrong with its file.
///
/// Clones show the same values.
#[derive(Clone, Debug)]
pub struct FileProgress(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: String,
    position_ms: AtomicU64,
    length_ms: OnceLock<u64>,
    problem: OnceLock<String>,
    is_decoded: AtomicBool,
}

impl FileProgress {
    pub(super) fn new(name: String) -> Self {
        Self(Arc::new(Shared {
            name,
            position_ms: AtomicU64::new(0),
            length_ms: OnceLock::new(),
            problem: OnceLock::new(),
            is_decoded: AtomicBool::new(false),
        }))
    }

    /// The name of the file, as given.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The audio that was delivered, in milliseconds.
    pub fn position_ms(&self) -> u64 {
        self.0.position_ms.load(Ordering::Relaxed)
    }

    /// The length of the audio in milliseconds, if the file says it.
    pub fn length_ms(&self) -> Option<u64> {
        self.0.length_ms.get().copied()
    }

    /// One sentence about the first damage of the file, with its name and the place. What could
    /// be decoded is delivered nevertheless.
    pub fn problem(&self) -> Option<&str> {
        self.0.problem.get().map(String::as_str)
    }

    pub(super) fn move_to(&self, position_ms: u64) {
        self.0.position_ms.store(position_ms, Ordering::Relaxed);
    }

    pub(super) fn set_length_ms(&self, length_ms: u64) {
        self.0.length_ms.get_or_init(|| length_ms);
    }

    /// Notes that the decoder has come to its end.
    pub(super) fn set_decoded(&self) {
        self.0.is_decoded.store(true, Ordering::Release);
    }

    /// Reports a decoder that has crashed before its end.
    pub(super) fn check_decoded(&self) {
        if !self.0.is_decoded.load(Ordering::Acquire) {
            let seconds = self.position_ms() as f64 / 1_000.0;
            self.report(format!(
                "{}: its decoder has crashed at {seconds:.1} s.",
                self.0.name
            ));
        }
    }

    /// Keeps the first problem.
    pub(super) fn report(&self, problem: String) {
        self.0.problem.get_or_init(|| problem);
    }
}
