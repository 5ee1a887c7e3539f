//! How a recording ends: what is given back, and what is said.

use inturn_transcript::SessionEnd;

use super::super::exchange::{Effect, Event, State};
use super::super::link::Stage;
use super::super::retry::{self, Decision, Loss};
use super::{Phase, Recorder, terminate};
use crate::problem::Problem;

impl Recorder {
    /// What was awaited has not come, or will not.
    pub(super) fn lose(&mut self, loss: Loss<'_>) {
        if let Phase::Running(run) = &self.phase {
            let Decision::End(problem) = retry::decide(loss, run.link.error.as_ref());
            self.fail(problem);
        }
    }

    /// As [`Self::lose`], when nothing can be said to the service any more.
    pub(super) fn lose_socket(&mut self, loss: Loss<'_>) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let Decision::End(problem) = retry::decide(loss, run.link.error.as_ref());
        self.end_session(SessionEnd::BrokenOff);
        self.release_microphone();
        self.event(Event::Problem(problem));
        self.rest();
    }

    /// Ends the recording with a problem: microphone off, session terminated, text kept.
    pub(super) fn fail(&mut self, problem: Problem) {
        self.end_session(SessionEnd::BrokenOff);
        self.release();
        self.event(Event::Problem(problem));
        self.rest();
    }

    /// Gives back the microphone and the socket, with `Terminate` where a session may be on.
    pub(super) fn release(&mut self) {
        self.release_microphone();
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let attempt = run.link.attempt;
        match run.link.stage {
            Stage::Token => {}
            Stage::Opening(_) | Stage::Open(_) => {
                self.effects.push_back(terminate(attempt));
                self.effects.push_back(Effect::CloseSocket(attempt));
            }
            Stage::Closing { .. } => self.effects.push_back(Effect::CloseSocket(attempt)),
        }
    }

    fn release_microphone(&mut self) {
        let is_on = match &self.phase {
            Phase::Idle => false,
            Phase::AwaitingMicrophone => true,
            Phase::Running(run) => run.intake.is_open(),
        };
        if is_on {
            self.effects.push_back(Effect::CloseMicrophone);
        }
    }

    /// The present session, if one is on, sends no more turns.
    pub(super) fn end_session(&mut self, end: SessionEnd) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let session = run.link.session();
        if let Some(change) = session.and_then(|it| self.recording.end_session(it, end)) {
            self.event(Event::Changed(change));
        }
    }

    pub(super) fn rest(&mut self) {
        self.phase = Phase::Idle;
        self.timers.stop_all();
        let lease = self.lease.take();
        self.release_lease(lease);
        self.state(State::Idle);
    }

    /// Gives back what our server counts, if it does.
    pub(super) fn release_lease(&mut self, lease: Option<String>) {
        self.effects.extend(lease.map(Effect::ReleaseLease));
    }
}
