//! Runs the parts of a setup at the same time, and shows how far they are.
//!
//! What a program of a job prints is shown only if the program fails: two compilers on one screen
//! are unreadable. On a terminal, a line shows how far cargo is in each
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
/// Returns the messages of all jobs that failed.
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
                    board.end(index, outcome.is_ok().then(|| began.elapsed()));
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

/// Runs a program of this thread's job to its end, or of no job. What a job's program printed is
/// shown if it fails.
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
        .env("CARGO_TERM_COLOR", "never")
        .stdin(std::process::Stdio::null())
        .stdout(input.try_clone()?)
        .stderr(input);
    let mut program = command.spawn()?;
    // The command keeps the other end open, and so would reading never end.
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    board.begin_program(index);
    let mut bytes = [0; 4096];
    loop {
        match output.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => board.add_output(index, bytes.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let status = program.wait()?;
    board.end_program(index, status.success());
    Ok(status)
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

#[cfg(all(test, unix))]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn all_jobs_run_and_all_failures_are_returned() {
        let ended = AtomicU32::new(0);
        let job = |name: &'static str, outcome: Result<(), &'static str>| {
            let ended = &ended;
            Job::new(name, move || {
                ended.fetch_add(1, Ordering::Relaxed);
                outcome.map_err(Failure::new)
            })
        };
        let outcome = run(vec![
            job("one", Err("no network")),
            job("two", Ok(())),
            job("three", Err("no room")),
        ]);
        let message = outcome.expect_err("two jobs fail").to_string();
        assert_eq!(message, "no network\nno room");
        assert_eq!(ended.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn what_a_program_prints_is_kept_until_the_next_one() {
        let board = Arc::new(Board::new(["tools"].into_iter()));
        CURRENT.set(Some((Arc::clone(&board), 0)));
        let status = |script: &str| status(&mut shell(script)).expect("sh runs");
        assert!(!status("echo out; printf 'why, without an end' >&2; exit 1").success());
        assert_eq!(board.printed(0), "out\nwhy, without an end\n");
        assert!(status("echo fine").success());
        assert_eq!(board.printed(0), "fine\n");
        CURRENT.set(None);
    }
}
