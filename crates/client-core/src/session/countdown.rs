//! A problem that time mends, told anew as the wait runs down.

use std::time::Duration;

use crate::Moment;
use crate::problem::Problem;
use crate::view::ProblemView;

/// A wait that is shown.
#[derive(Debug)]
pub(super) struct Countdown {
    problem: Problem,
    until: Moment,
    /// When what is shown is no longer true.
    next: Moment,
}

impl Countdown {
    /// Nothing if waiting does not help, or nobody knows for how long.
    pub(super) fn new(now: Moment, problem: Problem) -> Option<Self> {
        let secs = problem.retry_after_secs()?;
        let until = now + Duration::from_secs(u64::from(secs));
        let mut countdown = Self {
            problem,
            until,
            next: until,
        };
        countdown.tick(now)?;
        Some(countdown)
    }

    /// When to tick.
    pub(super) fn next(&self) -> Moment {
        self.next
    }

    /// The wait that is left, in seconds begun; moves on to the next second. `None` if it is over.
    pub(super) fn tick(&mut self, now: Moment) -> Option<u32> {
        let left = self.until.since(now);
        let left = left.as_secs() as u32 + u32::from(left.subsec_nanos() > 0);
        let behind = Duration::from_secs(u64::from(left.checked_sub(1)?));
        self.next = self.until.saturating_sub(behind);
        Some(left)
    }

    /// What is shown with so much of the wait left; its end alone is news.
    pub(super) fn view(&self, left: Option<u32>) -> ProblemView {
        let problem = self.problem.clone().with_wait(left.unwrap_or(0));
        ProblemView {
            is_news: left.is_none(),
            ..ProblemView::new(&problem)
        }
    }
}
