//! What is shown of jobs that run at the same time.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::progress::Progress;

/// The jobs, and the line that shows how far they are.
#[derive(Debug)]
pub(super) struct Board {
    state: Mutex<State>,
    began: Instant,
}

#[derive(Debug)]
struct State {
    jobs: Vec<Shown>,
    /// Whether the line is on the screen.
    is_drawn: bool,
}

#[derive(Debug, Default)]
struct Shown {
    name: &'static str,
    progress: Progress,
    has_ended: bool,
}

impl Board {
    /// Creates a board with jobs of these names.
    pub(super) fn new(names: impl Iterator<Item = &'static str>) -> Self {
        let shown = |name| Shown {
            name,
            ..Shown::default()
        };
        let state = State {
            jobs: names.map(shown).collect(),
            is_drawn: false,
        };
        Self {
            state: Mutex::new(state),
            began: Instant::now(),
        }
    }

    /// Prints a message of a job.
    pub(super) fn print(&self, index: usize, message: &str) {
        let mut state = self.state();
        state.clear();
        let name = state.jobs.get(index).map_or("", |job| job.name);
        eprintln!("{}", prefixed(name, message));
    }

    /// Adds what a program of a job has printed.
    pub(super) fn add_output(&self, index: usize, bytes: &[u8]) {
        if let Some(job) = self.state().jobs.get_mut(index) {
            job.progress.add(bytes);
        }
    }

    /// A program of a job has started.
    pub(super) fn begin_program(&self, index: usize) {
        if let Some(job) = self.state().jobs.get_mut(index) {
            job.progress.begin();
        }
    }

    /// A program of a job has ended. Shows what it printed if it failed.
    pub(super) fn end_program(&self, index: usize, is_success: bool) {
        let mut state = self.state();
        state.clear();
        if let Some(job) = state.jobs.get_mut(index) {
            job.progress.end();
            if !is_success {
                eprintln!("\n{}", job.progress.printed.trim_end());
            }
        }
    }

    /// Shows that a job has ended; the time that it took is none if it failed.
    pub(super) fn end(&self, index: usize, took: Option<Duration>) {
        let mut state = self.state();
        state.clear();
        if let Some(job) = state.jobs.get_mut(index) {
            job.has_ended = true;
            if let Some(took) = took.filter(|took| *took >= WORTH_SHOWING) {
                eprintln!("    {}: ready after {} s", job.name, took.as_secs());
            }
        }
    }

    /// What the last program of a job printed.
    #[cfg(test)]
    pub(super) fn printed(&self, index: usize) -> String {
        self.state().jobs[index].progress.printed.clone()
    }

    /// Draws the line on a terminal.
    pub(super) fn draw(&self) {
        if !io::stderr().is_terminal() {
            return;
        }
        let mut state = self.state();
        let line = line(&state.jobs, self.began.elapsed());
        state.clear();
        // Without wrapping: only one row can be cleared.
        eprint!("\u{1b}[?7l{line}\u{1b}[?7h");
        let _ = io::stderr().flush();
        state.is_drawn = true;
    }

    /// Removes the line.
    pub(super) fn clear(&self) {
        self.state().clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A job that panicked has changed nothing by halves that matters here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn clear(&mut self) {
        if self.is_drawn {
            eprint!("\r\u{1b}[K");
            self.is_drawn = false;
        }
    }
}

/// Puts a job's name in front of a message, behind the mark of a step if it has one.
fn prefixed(name: &str, message: &str) -> String {
    match message.trim_start_matches('\n').strip_prefix(STEP) {
        Some(title) => format!("{STEP}{name}: {title}"),
        None => format!("    {name}: {}", message.trim()),
    }
}

/// Returns the line of a terminal: a bar of all crates, the jobs that run, the time, and about how
/// much is left, judged by the crates.
fn line(jobs: &[Shown], elapsed: Duration) -> String {
    let counts = jobs.iter().filter_map(|job| job.progress.crates);
    let (compiled, all) = counts.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    let done = f64::from(compiled) / f64::from(all.max(1));
    let filled = (done * f64::from(BAR_WIDTH)) as usize;
    let empty = BAR_WIDTH as usize - filled.min(BAR_WIDTH as usize);
    let mut line = format!("    [{}{}]", "=".repeat(filled), " ".repeat(empty));
    for job in jobs.iter().filter(|job| !job.has_ended) {
        let _ = match job.progress.crates {
            Some((compiled, all)) => write!(line, " {} {compiled}/{all}", job.name),
            None => write!(line, " {}", job.name),
        };
    }
    let _ = write!(line, " {}", clock(elapsed));
    // Before that, a guess would jump.
    if done > 0.1 && compiled < all {
        let left = elapsed.mul_f64((1.0 - done) / done);
        let _ = write!(line, ", about {} left", clock(left));
    }
    line
}

/// Minutes and seconds: `2:05`.
fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

/// The mark of a step's title.
pub(super) const STEP: &str = "==> ";

/// Characters of the bar.
const BAR_WIDTH: u32 = 20;

/// A shorter job is not worth a line.
const WORTH_SHOWING: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &'static str, crates: Option<(u32, u32)>, has_ended: bool) -> Shown {
        let mut job = Shown {
            name,
            has_ended,
            ..Shown::default()
        };
        job.progress.crates = crates;
        job
    }

    #[test]
    fn the_line_shows_a_bar_the_running_jobs_and_the_time_left() {
        let jobs = [
            job("tools", Some((100, 100)), true),
            job("page", Some((20, 40)), false),
            job("speech", None, false),
            job("server", Some((60, 220)), false),
        ];
        assert_eq!(
            line(&jobs, Duration::from_secs(65)),
            "    [==========          ] page 20/40 speech server 60/220 1:05, about 1:05 left"
        );
    }

    #[test]
    fn there_is_no_estimate_before_a_tenth_is_done_and_at_the_end() {
        for crates in [None, Some((1, 40)), Some((40, 40))] {
            let shown = line(&[job("page", crates, false)], Duration::from_secs(5));
            assert!(shown.ends_with("0:05"), "{shown}");
        }
    }

    #[test]
    fn messages_name_their_job() {
        for (message, expected) in [
            ("\n==> Installing a tool", "==> tools: Installing a tool"),
            ("    it is C++", "    tools: it is C++"),
        ] {
            assert_eq!(prefixed("tools", message), expected);
        }
    }
}
