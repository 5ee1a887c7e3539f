//! The end of a recording: releases its resources and reports the cause.

use inturn_transcript::SessionEnd;

use super::{
    super::{
        connection::Stage,
        io::{Effect, Event, State},
        retry::{self, Decision, Loss},
    },
    Phase, Recorder, terminate,
};
use crate::problem::Problem;

impl Recorder {
    /// Handles a lost connection, while its socket may still work.
    pub(super) fn on_loss(&mut self, loss: Loss<'_>) {
        if let Phase::Running(run) = &self.phase {
            let Decision::End(problem) = retry::decide(loss, run.connection.error.as_ref());
            self.fail(problem);
        }
    }

    /// Handles a lost connection whose socket is closed: nothing can be sent any more.
    pub(super) fn on_socket_loss(&mut self, loss: Loss<'_>) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let Decision::End(problem) = retry::decide(loss, run.connection.error.as_ref());
        self.end_session(SessionEnd::BrokenOff);
        self.release_microphone();
        self.emit(Event::Problem(problem));
        self.go_idle();
    }

    /// Ends the recording with a problem. Turns off the microphone, terminates the session and
    /// keeps the text.
    pub(super) fn fail(&mut self, problem: Problem) {
        self.end_session(SessionEnd::BrokenOff);
        self.release();
        self.emit(Event::Problem(problem));
        self.go_idle();
    }

    /// Releases the microphone and the socket. Sends `Terminate` if a session may be open.
    pub(super) fn release(&mut self) {
        self.release_microphone();
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let attempt = run.connection.attempt;
        match run.connection.stage {
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

    /// Ends the current session in the transcript, if there is one.
    pub(super) fn end_session(&mut self, end: SessionEnd) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let session = run.connection.session();
        if let Some(change) = session.and_then(|it| self.recording.end_session(it, end)) {
            self.emit(Event::Changed(change));
        }
    }

    /// Resets the recorder to its idle state and releases the lease.
    pub(super) fn go_idle(&mut self) {
        self.phase = Phase::Idle;
        self.timers.stop_all();
        let lease = self.lease.take();
        self.release_lease(lease);
        self.emit_state(State::Idle);
    }

    /// Releases the lease at our server, if there is one.
    pub(super) fn release_lease(&mut self, lease: Option<String>) {
        self.effects.extend(lease.map(Effect::ReleaseLease));
    }
}
