//! The problem line, which shows the last problem of the recorder or of the page.

use inturn_client_core::problem::{MicrophoneFailure, Problem};

use super::{Page, exchange::Effect, state::ShownProblem};
use crate::view::{ProblemView, sign_in_url};

impl Page {
    /// Shows a problem of the recorder.
    pub(super) fn show_problem(&mut self, problem: Problem, is_announced: bool) {
        self.problem = Some(ShownProblem::Recorder(problem));
        self.show_view(self.view_of(&problem, is_announced));
    }

    /// Shows a problem that interrupts the transcription.
    pub(super) fn show_interruption(&mut self, problem: Problem, is_announced: bool) {
        self.problem = Some(ShownProblem::Interruption(problem));
        self.show_view(ProblemView::interrupted(&problem, is_announced));
    }

    /// Returns the view of a failure that the page found itself.
    pub(super) fn own_problem(&self, failure: MicrophoneFailure) -> ProblemView {
        self.view_of(&Problem::Microphone(failure), true)
    }

    /// Returns the view of a problem. The button that tries again is Record, or Resume in a pause.
    fn view_of(&self, problem: &Problem, is_announced: bool) -> ProblemView {
        if self.is_paused() {
            ProblemView::paused(problem)
        } else {
            ProblemView::new(problem, &self.device, is_announced)
        }
    }

    /// The button is Record again, and no longer Resume.
    pub(super) fn show_again_after_pause(&mut self) {
        if let Some(ShownProblem::Recorder(problem)) = self.problem {
            self.show_problem(problem, false);
        }
    }

    /// Hides the problem of the previous attempt. The recorder goes on trying to solve an
    /// interruption, and reports its end.
    pub(super) fn clear_for_resume(&mut self) {
        if let Some(ShownProblem::Recorder(_) | ShownProblem::Page) = self.problem {
            self.clear_problem();
        }
    }

    /// Shows a problem of the page itself.
    pub(super) fn show_own_problem(&mut self, view: ProblemView) {
        self.problem = Some(ShownProblem::Page);
        self.show_view(view);
    }

    fn show_view(&mut self, view: ProblemView) {
        let config = self.config.clone().unwrap_or_default();
        self.effects.push_back(Effect::ShowProblem {
            view,
            sign_in_url: sign_in_url(&config).to_owned(),
        });
    }

    /// Updates the wait of the problem that is shown.
    pub(super) fn count_down(&mut self, secs: u32) {
        // Screen readers read only the end of the wait.
        let is_announced = secs == 0;
        match self.problem {
            Some(ShownProblem::Recorder(problem)) if problem.retry_after_secs().is_some() => {
                self.show_problem(problem.with_retry_after_secs(secs), is_announced);
            }
            Some(ShownProblem::Interruption(problem)) if problem.retry_after_secs().is_some() => {
                self.show_interruption(problem.with_retry_after_secs(secs), is_announced);
            }
            _ => {}
        }
    }

    /// Hides a problem that is over, unless another one has replaced it.
    pub(super) fn resolve(&mut self, problem: Problem) {
        let Some(ShownProblem::Recorder(shown) | ShownProblem::Interruption(shown)) = self.problem
        else {
            return;
        };
        // The countdown has changed the wait.
        if shown.with_retry_after_secs(0) == problem.with_retry_after_secs(0) {
            self.clear_problem();
        }
    }

    pub(super) fn clear_problem(&mut self) {
        self.problem = None;
        self.effects.push_back(Effect::ClearProblem);
    }
}
