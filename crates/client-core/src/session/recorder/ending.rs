//! The end of a recording: waits for its last words, releases its resources and reports the cause.

use inturn_transcript::SessionEnd;

use super::{
    super::{
        connection::{Role, Stage},
        io::{Attempt, Effect, Event, State},
        retry::Loss,
    },
    Phase, Recorder,
};
use crate::{Moment, problem::Problem};

impl Recorder {
    /// Ends the recording with a problem. Turns off the microphone, terminates the sessions and
    /// keeps the text. Marks what no session has heard.
    pub(super) fn fail(&mut self, problem: Problem) {
        self.end_all(SessionEnd::BrokenOff);
        self.emit(Event::Problem(problem));
        self.go_idle();
    }

    /// Ends the recording once no session is needed any more.
    pub(super) fn finish_if_done(&mut self) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        if !run.is_complete() || run.coverage.has_holes() || run.has_fill() {
            return;
        }
        let is_settled = !run.has_unsettled_sound();
        // A session that has heard the end confirms it. Without sound there is nothing to hear.
        let is_awaited = run.connections.iter().any(|it| it.session().is_some());
        if !is_awaited && is_settled && run.pause.is_some() {
            self.rest();
        } else if !is_awaited && is_settled {
            let shown = match &mut self.phase {
                Phase::Running(run) => run.shown.take(),
                Phase::Idle | Phase::AwaitingMicrophone => None,
            };
            self.end_all(SessionEnd::BrokenOff);
            if let Some(problem) = shown {
                self.emit(Event::Resolved(problem));
            }
            self.go_idle();
        }
    }

    /// Ends all sessions and releases the microphone and the sockets.
    pub(super) fn end_all(&mut self, end: SessionEnd) {
        let connections = match &mut self.phase {
            Phase::Running(run) => std::mem::take(&mut run.connections),
            Phase::Idle | Phase::AwaitingMicrophone => Vec::new(),
        };
        for connection in &connections {
            self.end_session(connection, end);
        }
        self.release_microphone();
        for connection in &connections {
            let was_terminated = matches!(connection.stage, Stage::Closing { .. });
            self.close_socket(connection, was_terminated);
        }
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        for connection in connections {
            // What was sent was heard, and what it contained is shown as far as it was reported.
            let heard = if connection.session().is_some() {
                connection.feed.next_sample()
            } else {
                0
            };
            match connection.role {
                Role::Live => run.coverage.settle(heard),
                Role::Fill(hole) => {
                    let left = hole.start.max(heard)..hole.end;
                    run.coverage.add_hole(left, &run.upload);
                }
                Role::Retiring(until) => run.coverage.add_hole(heard..until, &run.upload),
            }
        }
        run.coverage.settle(run.reported);
        run.coverage.give_up(run.upload.end_sample(), &run.upload);
        self.report_lost();
    }

    /// Probes the network when the service has been silent after `Terminate`.
    pub(super) fn probe_network(&mut self, now: Moment, attempt: Attempt) {
        if let Phase::Running(run) = &mut self.phase
            && let Some(connection) = run.connection(attempt)
            && let Stage::Closing { wait, .. } = &mut connection.stage
        {
            wait.on_silence(now, &mut connection.timers);
            self.effects.push_back(Effect::ProbeNetwork(attempt));
        }
    }

    pub(super) fn on_unsent(&mut self, now: Moment, of: Attempt, bytes: u64) {
        if let Phase::Running(run) = &mut self.phase
            && let Some(connection) = run.connection(of)
            && connection.has_socket()
        {
            connection.unsent = bytes;
            if let Stage::Closing { wait, .. } = &mut connection.stage {
                wait.on_unsent(now, bytes, &mut connection.timers);
            }
        }
    }

    pub(super) fn on_probe_result(&mut self, now: Moment, of: Attempt, is_up: bool) {
        if let Phase::Running(run) = &mut self.phase
            && let Some(connection) = run.connection(of)
            && let Stage::Closing { wait, .. } = &mut connection.stage
            && wait.on_probe_result(now, is_up, &mut connection.timers)
        {
            self.on_loss(now, of, Loss::EndTimeout);
        }
    }

    fn release_microphone(&mut self) {
        let is_on = match &self.phase {
            Phase::Idle => false,
            Phase::AwaitingMicrophone => true,
            Phase::Running(run) => run.intake.is_open() || run.is_resuming(),
        };
        if is_on {
            self.effects.push_back(Effect::CloseMicrophone);
        }
    }

    /// Resets the recorder to its idle state and releases the lease.
    pub(super) fn go_idle(&mut self) {
        self.report_captured();
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
