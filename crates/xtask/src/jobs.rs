//! Runs the parts of a setup at the same time, and shows how far they are.
//!
//! While a job runs, what its programs print is kept, and shown only if the job fails: two
//! compilers on one screen are unreadable. On a terminal, a line shows how far cargo is in each
//! job. Otherwise only the titles of the steps are printed, and how long each job took.

mod board;
mod progress;

use std::{
    cell::RefCell,
    io::{self, Read},
    process::{Command, ExitStatus},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use self::board::Board;
use crate::failure::Failure;

/// Work that can be done at the same time as other jobs.
pub(crate) struct Job<'a> {
    name: &'static str,
    work: Box<dyn FnOnce() -> Result<(), Failure> + Send + 'a>,
}

impl<'a> Job<'a> {
    /// Creates a job; `name` is shown in front of its messages.
    pub(crate) fn new(
        name: &'static str,
        work: impl FnOnce() -> Result<(), Failure> + Send + 'a,
    ) -> Self {
        Self {
            name,
            work: Box::new(work),
        }
    }
}

/// Runs all jobs to their ends.
///
/// # Errors
///
/// Returns the messages of all jobs that failed, after showing what their programs printed.
pub(crate) fn run(jobs: Vec<Job<'_>>) -> Result<(), Failure> {
    let board = Arc::new(Board::new(jobs.iter().map(|job| job.name)));
    let outcomes = thread::scope(|scope| {
        let started: Vec<_> = jobs
            .into_iter()
            .enumerate()
            .map(|(index, job)| {
                let board = Arc::clone(&board);
                scope.spawn(move || {
                    CURRENT.set(Some((Arc::clone(&board), index)));
                    let began = Instant::now();
                    let outcome = (job.work)();
                    board.end(index, began.elapsed(), outcome.is_ok());
                    outcome
                })
            })
            .collect();
        while started.iter().any(|job| !job.is_finished()) {
            board.draw();
            thread::park_timeout(REDRAWN_EVERY);
        }
        board.clear();
        let panicked = || Err(Failure::new("A job panicked, see above."));
        let ended = started.into_iter().map(|job| job.join());
        ended
            .map(|it| it.unwrap_or_else(|_| panicked()))
            .collect::<Vec<_>>()
    });
    Failure::combine(outcomes)
}

/// Prints a message of this thread's job. Returns `false` if the thread has none.
pub(crate) fn print(message: &str) -> bool {
    with_current(|board, index| board.print(index, message)).is_some()
}

/// Runs a program of this thread's job to its end, or of no job.
///
/// # Errors
///
/// Returns an error if the program can't be started.
pub(crate) fn status(command: &mut Command) -> io::Result<ExitStatus> {
    let Some((board, index)) = CURRENT.with_borrow(Clone::clone) else {
        return command.status();
    };
    let (mut output, input) = io::pipe()?;
    // Cargo counts what it has to compile only on a terminal, unless it is asked to.
    command
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "80")
        .stdin(std::process::Stdio::null())
        .stdout(input.try_clone()?)
        .stderr(input);
    let mut program = command.spawn()?;
    // The command keeps the other end open, and so would reading never end.
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    let mut bytes = [0; 4096];
    loop {
        match output.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => board.add_output(index, bytes.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    program.wait()
}

fn with_current<T>(act: impl FnOnce(&Board, usize) -> T) -> Option<T> {
    CURRENT.with_borrow(|current| current.as_ref().map(|(board, index)| act(board, *index)))
}

thread_local! {
    /// The job that this thread runs.
    static CURRENT: RefCell<Option<(Arc<Board>, usize)>> = const { RefCell::new(None) };
}

/// How often a terminal's line is drawn again.
const REDRAWN_EVERY: Duration = Duration::from_millis(250);
