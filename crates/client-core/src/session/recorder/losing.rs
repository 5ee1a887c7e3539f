//! Lost connections: what they leave to other sessions, and when the next attempt follows.

use std::time::Duration;

use inturn_protocol::ErrorCode;
use inturn_transcript::SessionEnd;

use super::{
    super::{
        connection::{Role, ServiceConnection, Stage},
        io::{Attempt, Effect, Event, Outage},
        liveness::LIVENESS_INTERVAL,
        retry::{self, Decision, Loss, Wait},
        run::{Interruption, Run},
        timers::{FINISH_TIMEOUT, Timer},
        upload::samples_in,
    },
    Phase, Recorder,
    sending::terminate,
};
use crate::{
    Moment,
    problem::{Problem, TokenFailure},
    recording::{RecordingId, ms},
};

impl Recorder {
    /// Handles a lost connection.
    pub(super) fn on_loss(&mut self, now: Moment, attempt: Attempt, loss: Loss<'_>) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(connection) = run.remove(attempt) else {
            return;
        };
        let end = match loss {
            Loss::Terminated => SessionEnd::Clean,
            _ => SessionEnd::BrokenOff,
        };
        let was_closing = matches!(connection.stage, Stage::Closing { .. });
        if !matches!(loss, Loss::Closed { .. }) {
            let was_terminated = was_closing || matches!(loss, Loss::Terminated);
            self.close_socket(&connection, was_terminated);
        }
        self.end_session(&connection, end);
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        run.leave_unsettled(&connection, was_closing);
        let error = connection.error.as_ref();
        let decision = retry::decide(loss, error, run.failures.expired_tokens);
        run.failures.expired_tokens += u32::from(retry::is_token_expired(loss, error));
        match connection.role {
            // The service has heard everything. Another session would only cost time.
            Role::Live
                if matches!(loss, Loss::EndTimeout)
                    && connection.has_heard_all()
                    && !run.has_unreported_sound(&connection) =>
            {
                run.coverage.settle(connection.feed.next_sample());
                self.emit(Event::Problem(Problem::EndUnconfirmed));
            }
            // The next session is on its way.
            Role::Live if run.has_live() => {
                if run.has_begun && run.live().is_none() {
                    run.interrupt(Outage::Service);
                }
                if let Decision::Retry(wait, _) = decision {
                    run.retry_hand_over(now, wait);
                }
            }
            Role::Live => {
                run.failures.lost_endings += u32::from(was_closing);
                self.on_live_loss(now, decision);
            }
            Role::Fill(_) => self.on_hole_loss(now, decision),
            Role::Retiring(_) => {
                if run.live().is_none() {
                    run.interrupt(Outage::Service);
                }
                self.on_hole_loss(now, decision);
            }
        }
    }

    /// Decides when the next session for a hole follows.
    fn on_hole_loss(&mut self, now: Moment, decision: Decision) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Decision::Retry(wait, _) = decision else {
            run.coverage.give_up_holes();
            return;
        };
        let backoff = run.failures.fill.fail(self.recording.info().id);
        self.timers.set(Timer::Fill, now + wait.at_least(backoff));
        if !run.intake.is_open() {
            self.start_giving_up(now);
        }
    }

    /// Ends the session of an earlier part, and leaves the rest of the part to another one.
    pub(super) fn abandon(&mut self, attempt: Attempt) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(connection) = run.remove(attempt) else {
            return;
        };
        let was_closing = matches!(connection.stage, Stage::Closing { .. });
        run.leave_unsettled(&connection, was_closing);
        self.end_session(&connection, SessionEnd::BrokenOff);
        self.close_socket(&connection, was_closing);
    }

    fn on_live_loss(&mut self, now: Moment, decision: Decision) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let (wait, problem) = match decision {
            Decision::End(problem) => return self.fail(problem),
            Decision::Retry(wait, problem) => (wait, problem),
        };
        if !run.intake.is_open() {
            if run.is_complete() && !run.has_unsettled_sound() {
                // Nothing is missing but the confirmation.
                return;
            }
            if run.failures.lost_endings >= MAX_LOST_ENDINGS && run.pause.is_none() {
                return self.fail(problem);
            }
            self.start_giving_up(now);
        }
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let mut delay = run.delay(wait, self.recording.info().id);
        if run.failures.lost_endings >= MAX_LOST_ENDINGS {
            delay = delay.max(PAUSED_RETRY);
        }
        run.failures.is_limited = matches!(wait, Wait::Secs(_));
        let outage = outage(&problem);
        run.interrupt(outage);
        // A short interruption is shown by the state alone.
        let is_shown =
            !run.has_begun || run.failures.is_limited || run.failures.live.failures() > 1;
        let is_shown = is_shown || outage == Outage::SignIn;
        // The same rate limit again starts another countdown.
        let is_repeated = run.shown == Some(problem) && problem.retry_after_secs().is_none();
        let is_new = is_shown && !is_repeated;
        if is_new {
            run.shown = Some(problem);
        }
        self.report_state();
        if is_new {
            self.emit(Event::Interrupted(problem));
            self.start_countdown(now, problem);
        }
        if delay.is_zero() {
            self.connect(now, Role::Live);
        } else {
            self.timers.set(Timer::Reconnect, now + delay);
        }
    }

    /// Limits the time without progress after Stop. Does not move a limit that runs. A paused
    /// recording waits for as long as the person does.
    pub(super) fn start_giving_up(&mut self, now: Moment) {
        let is_paused = matches!(&self.phase, Phase::Running(run) if run.pause.is_some());
        if !is_paused && !self.timers.is_set(Timer::GiveUp) {
            self.timers.set(Timer::GiveUp, now + FINISH_TIMEOUT);
        }
    }

    /// Ends a recording that has made no progress for a long time since Stop.
    pub(super) fn give_up(&mut self) {
        let shown = match &self.phase {
            Phase::Running(run) => run.shown,
            Phase::Idle | Phase::AwaitingMicrophone => None,
        };
        self.fail(shown.unwrap_or(Problem::EndUnconfirmed));
    }

    /// Gives up all connections, because there is no network. A session that is closing may still
    /// receive its last words, so the recorder probes the network for it.
    pub(super) fn on_offline(&mut self, now: Moment) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let lost = run.connections.iter();
        let lost = lost.filter(|it| !matches!(it.stage, Stage::Closing { .. }));
        let lost: Vec<Attempt> = lost.map(|it| it.attempt).collect();
        for attempt in lost {
            self.on_loss(now, attempt, Loss::Offline);
        }
        if let Phase::Running(run) = &mut self.phase
            && let Some(interruption) = &mut run.outage
        {
            interruption.outage = Outage::Offline;
        }
    }

    /// Records that a session has lasted.
    pub(super) fn on_stable(&mut self, attempt: Attempt) {
        if let Phase::Running(run) = &mut self.phase
            && let Some(connection) = run.connection(attempt)
        {
            let is_live = connection.role == Role::Live;
            run.failures.expired_tokens = 0;
            // A session for a hole succeeds with its first settled word.
            if is_live {
                run.failures.live.reset();
            }
        }
    }

    /// Ends the session of `connection` in the transcript, if it has one.
    pub(super) fn end_session(&mut self, connection: &ServiceConnection, end: SessionEnd) {
        let change = connection
            .session()
            .and_then(|session| self.recording.end_session(session, end));
        if let Some(change) = change {
            self.emit(Event::Changed(change));
        }
    }

    /// Closes the socket of `connection`, if it has one. Sends `Terminate` if that was not done.
    pub(super) fn close_socket(&mut self, connection: &ServiceConnection, was_terminated: bool) {
        if !connection.has_socket() {
            return;
        }
        let attempt = connection.attempt;
        if !was_terminated {
            self.effects.push_back(terminate(attempt));
        }
        self.effects.push_back(Effect::CloseSocket(attempt));
    }

    /// Reports the parts of the timeline that no session will transcribe.
    pub(super) fn report_lost(&mut self) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        for part in run.coverage.take_lost() {
            let changes = self.recording.mark_lost(ms(part.start)..ms(part.end));
            let changes = changes.into_iter().map(Event::Changed);
            self.effects.extend(changes.map(Effect::Event));
        }
    }
}

impl Run {
    /// Records that no session transcribes the live audio.
    fn interrupt(&mut self, outage: Outage) {
        let since_sample = self.upload.end_sample();
        let interruption = self.outage.get_or_insert(Interruption {
            outage,
            since_sample,
        });
        interruption.outage = outage;
    }

    /// Lets the live session open a successor again, because the last one failed.
    fn retry_hand_over(&mut self, now: Moment, wait: Wait) {
        let mut connections = self.connections.iter_mut();
        let live = connections.find(|it| it.role == Role::Live && it.is_open());
        if let Some(live) = live {
            let at = now + wait.at_least(LIVENESS_INTERVAL);
            live.timers.set(Timer::HandOver, at);
        }
    }

    /// Leaves the part that a lost connection has not settled to other sessions.
    fn leave_unsettled(&mut self, connection: &ServiceConnection, was_closing: bool) {
        match &connection.role {
            Role::Live if connection.is_fed => {
                self.coverage.settle(connection.settled);
                self.reported = self.reported.max(connection.reported);
            }
            Role::Live => {}
            Role::Fill(hole) => {
                self.failures.lost_fills += u32::from(was_closing);
                let from = hole.start.max(connection.settled);
                if self.failures.lost_fills >= MAX_LOST_FILLS {
                    // Its words are shown as far as they were reported.
                    self.failures.lost_fills = 0;
                    let shown = from.max(connection.reported).min(hole.end);
                    if self.upload.first_sound(shown, hole.end).is_some() {
                        self.coverage.lose(shown..hole.end);
                    }
                    return;
                }
                self.coverage.add_hole(from..hole.end, &self.upload);
            }
            Role::Retiring(until) => {
                let hole = connection.settled..*until;
                self.coverage.add_hole(hole, &self.upload);
            }
        }
    }

    /// Returns `true` if a session got sound after the last word that it reported. Says nothing
    /// about a service that reports no times.
    fn has_unreported_sound(&self, connection: &ServiceConnection) -> bool {
        let feed = &connection.feed;
        let reported = connection.reported + samples_in(WORD_END);
        let sound = self.upload.first_sound(reported, feed.next_sample());
        sound.is_some() && connection.reported > feed.span().owned_from()
    }

    /// Returns the wait until the next live session, and counts a failure.
    fn delay(&mut self, wait: Wait, recording: RecordingId) -> Duration {
        let is_first = self.failures.live.failures() == 0;
        let backoff = self.failures.live.fail(recording);
        match wait {
            Wait::None if is_first => Duration::ZERO,
            _ => wait.at_least(backoff),
        }
    }
}

/// Returns what is missing.
fn outage(problem: &Problem) -> Outage {
    match problem {
        Problem::Token(TokenFailure::Unreachable | TokenFailure::TimedOut) => Outage::Offline,
        Problem::Token(TokenFailure::Refused {
            code: ErrorCode::SignInNeeded,
            ..
        }) => Outage::SignIn,
        _ => Outage::Service,
    }
}

/// How much of a word may be heard after its reported end.
const WORD_END: Duration = Duration::from_millis(200);

/// Number of sessions that may be lost after `Terminate` until the recording ends without the
/// service's confirmation. A paused recording goes on, and waits for [`PAUSED_RETRY`].
const MAX_LOST_ENDINGS: u32 = 2;

/// Wait of a paused recording after [`MAX_LOST_ENDINGS`]. The person can't miss the words yet, and
/// a session that fails is billed.
const PAUSED_RETRY: Duration = Duration::from_secs(5 * 60);

/// The same for a hole, whose transcription delays no one.
const MAX_LOST_FILLS: u32 = 4;
