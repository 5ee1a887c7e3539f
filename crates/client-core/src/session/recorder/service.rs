//! Handlers for the token, the socket and the service's messages.

use std::time::Duration;

use inturn_protocol::{
    Begin, DecodeError, Decoded, ErrorMessage, Heartbeat, ServerMessage, SpeakerRevision,
    SpeechModel, TokenReply, Turn,
};
use inturn_transcript::SessionEnd;

use super::{
    super::{
        backoff::STABLE_AFTER,
        connection::{Role, ServiceConnection, Stage},
        countdown::Countdown,
        io::{Attempt, Effect, Event},
        liveness::LIVENESS_INTERVAL,
        reply,
        retry::{During, Loss},
        timers::{BEGIN_TIMEOUT, Timer},
        upload::samples_in,
    },
    Phase, Recorder,
    connecting::hand_over_lead,
};
use crate::{
    Moment,
    problem::{Problem, TokenFailure},
};

impl Recorder {
    pub(super) fn on_token(
        &mut self,
        now: Moment,
        answered: Attempt,
        reply: Result<TokenReply, TokenFailure>,
    ) {
        let connection = match &mut self.phase {
            Phase::Running(run) => run.connection(answered),
            Phase::Idle | Phase::AwaitingMicrophone => None,
        };
        let connection = connection.filter(|it| matches!(it.stage, Stage::Token));
        let Some(connection) = connection else {
            // A token that comes too late opens no session.
            if let Ok(reply) = reply
                && reply.recording != self.lease
            {
                self.release_lease(reply.recording);
            }
            return;
        };
        connection.timers.stop(Timer::Token);
        match reply {
            Ok(mut reply) => {
                connection.stage = Stage::Opening(reply::model(&reply.websocket_url));
                let secs = reply.max_session_duration_seconds;
                connection.max_session = Duration::from_secs(secs.into());
                connection.timers.set(Timer::Begin, now + BEGIN_TIMEOUT);
                // Our server continues the lease, unless it has expired.
                let lease = reply.recording.take();
                if lease != self.lease {
                    let old = std::mem::replace(&mut self.lease, lease);
                    self.release_lease(old);
                }
                let url = reply.socket_url();
                self.console.hide(&reply.token, &url);
                let attempt = answered;
                self.effects.push_back(Effect::OpenSocket { attempt, url });
            }
            Err(failure) => self.on_loss(now, answered, Loss::Token(failure)),
        }
    }

    /// Starts the countdown that `problem` requires, if any.
    pub(super) fn start_countdown(&mut self, now: Moment, problem: Problem) {
        let wait = problem.retry_after_secs();
        self.countdown = wait.map(|secs| Countdown::new(now, secs));
        let countdown = self.countdown.as_ref();
        let next = countdown.and_then(|it| it.next_second(now));
        self.timers.set_or_stop(Timer::RetryWait, next);
    }

    pub(super) fn on_message(&mut self, now: Moment, from: Attempt, text: &str) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(connection) = run.connection(from).filter(|it| it.has_socket()) else {
            return;
        };
        let decoded = ServerMessage::decode_for_client(self.parser.parse(text));
        // A heartbeat is a sign of life without words: it must not prolong the wait for them.
        let is_heartbeat = decoded
            .as_ref()
            .is_ok_and(|it| matches!(it.message, ServerMessage::Heartbeat(_)));
        if let Stage::Closing { wait, .. } = &mut connection.stage
            && !is_heartbeat
        {
            wait.on_message(now, &mut connection.timers);
        }
        let decoded = match decoded {
            Ok(decoded) => decoded,
            Err(error) => return self.on_unreadable_message(text, &error),
        };
        let Decoded {
            message,
            kind,
            odd_fields,
        } = decoded;
        for field in odd_fields {
            let text = format!("ignored field {field} of {kind}: unexpected type");
            self.log_once(&text, &text);
        }
        if let Phase::Running(run) = &mut self.phase
            && let Some(connection) = run.connection(from)
        {
            connection.liveness.on_message(is_heartbeat);
        }
        match message {
            ServerMessage::Begin(begin) => self.on_begin(now, from, &begin),
            ServerMessage::Turn(turn) => self.on_turn(from, &turn),
            ServerMessage::Error(error) => self.on_error(from, error),
            ServerMessage::Termination(end) => {
                let secs = end.session_duration_seconds;
                self.log(&format!("session ended after {secs} s"));
                self.on_termination(now, from);
            }
            ServerMessage::Warning(warning) => {
                let text = format!("warning {} from the service", warning.warning_code);
                self.log_once(&text, &text);
            }
            ServerMessage::Unknown(kind) => {
                let text = format!("ignored messages of unknown type \"{kind}\"");
                self.log_once(&text, &text);
            }
            ServerMessage::Heartbeat(heartbeat) => self.on_heartbeat(from, &heartbeat),
            ServerMessage::SpeakerRevision(revision) => self.on_speakers(from, &revision),
            ServerMessage::Ignored
            | ServerMessage::SpeechStarted(_)
            | ServerMessage::Silence(_)
            | ServerMessage::LlmGatewayResponse(_) => {}
        }
    }

    /// Handles a message that cannot be decoded. The session goes on, but the page must report that
    /// words may be missing.
    fn on_unreadable_message(&mut self, text: &str, error: &DecodeError) {
        let (name, is_turn) = match error {
            DecodeError::NotAnObject => ("no object", may_be_turn(text)),
            DecodeError::NoType => ("no type", may_be_turn(text)),
            DecodeError::Malformed { kind, .. } => (*kind, *kind == TURN),
        };
        self.log_once(name, &error.to_string());
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        if is_turn && !std::mem::replace(&mut run.has_unreadable_turn, true) {
            self.emit(Event::Problem(Problem::TurnUnreadable));
        }
    }

    fn on_error(&mut self, from: Attempt, error: ErrorMessage) {
        if let Phase::Running(run) = &mut self.phase
            && let Some(connection) = run.connection(from)
        {
            connection.error = Some(error);
        }
    }

    fn on_begin(&mut self, now: Moment, from: Attempt, begin: &Begin) {
        // A shell may report `Begin` without `SocketOpened` before it.
        self.start_feed(from);
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let is_recording = run.intake.is_open();
        let Some(connection) = run.connection(from) else {
            return;
        };
        let Stage::Opening(requested) = &connection.stage else {
            return;
        };
        let configuration = begin.configuration.as_ref();
        let echoed = configuration.and_then(|echo| echo.model.as_deref());
        let model = echoed.map_or_else(|| requested.clone(), SpeechModel::new);
        let mismatch = (model != *requested)
            .then(|| format!("requested model {requested}, but the service uses {model}"));
        self.sessions += 1;
        connection.stage = Stage::Open(self.sessions);
        connection.timers.stop(Timer::Begin);
        connection
            .timers
            .set(Timer::Liveness, now + LIVENESS_INTERVAL);
        connection.timers.set(Timer::Stable, now + STABLE_AFTER);
        let is_live = connection.role == Role::Live;
        let lead = hand_over_lead(connection.max_session);
        if is_live && connection.max_session > lead {
            let at = now + (connection.max_session - lead);
            connection.timers.set(Timer::HandOver, at);
        }
        let span = connection.feed.span().clone();
        let change = self
            .recording
            .begin_session(self.sessions, span, model.family());
        if let Some(lease) = self.lease.clone() {
            let model = echoed.map(str::to_owned);
            self.effects.push_back(Effect::ReportBegin { lease, model });
        }
        self.log(&format!("session {} began", begin.id));
        if let Some(mismatch) = mismatch {
            self.log(&mismatch);
        }
        self.emit(Event::Changed(change));
        if is_live {
            self.on_live_again();
        }
        if is_recording {
            self.report_state();
        }
    }

    /// Ends an interruption, because a live session has begun.
    fn on_live_again(&mut self) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        run.has_begun = true;
        run.outage = None;
        let shown = run.shown.take();
        self.timers.stop(Timer::Reconnect);
        if let Some(problem) = shown {
            self.countdown = None;
            self.timers.stop(Timer::RetryWait);
            self.emit(Event::Resolved(problem));
        }
    }

    fn on_turn(&mut self, from: Attempt, turn: &Turn) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(connection) = run.connection(from) else {
            return;
        };
        let Some(session) = connection.session() else {
            return;
        };
        self.recording.update_span(session, connection.feed.span());
        let reported = self.recording.reported_until(session, turn);
        connection.reported = connection.reported.max(reported.unwrap_or(0));
        connection.has_turns = true;
        let owned_from = connection.feed.span().owned_from();
        let is_live = connection.role == Role::Live;
        let settled = self.recording.settled_until(session, turn).unwrap_or(0);
        self.settle(from, settled);
        let change = self.recording.take_turn(session, turn);
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        if is_live {
            run.failures.deaf_sessions = 0;
        }
        if let Some(change) = change {
            run.idle.reset();
            if is_live {
                // It has replaced the words that lost sessions reported.
                run.reported = run.reported.min(owned_from);
            }
            self.emit(Event::Changed(change));
        }
    }

    /// Handles new speaker labels of earlier turns.
    fn on_speakers(&mut self, from: Attempt, revision: &SpeakerRevision) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(session) = run.connection(from).and_then(|it| it.session()) else {
            return;
        };
        for revision in &revision.revisions {
            if let Some(change) = self.recording.revise_speakers(session, revision) {
                self.emit(Event::Changed(change));
            }
        }
    }

    /// Settles the words of a session up to `sample`, but not beyond what was sent: the service's
    /// times may be wrong.
    fn settle(&mut self, from: Attempt, sample: u64) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let sample = run.upload.word_end(sample);
        let Some(connection) = run.connection(from) else {
            return;
        };
        let settled = sample.min(connection.feed.next_sample());
        let is_progress = settled > connection.settled;
        let is_fill = matches!(connection.role, Role::Fill(_));
        if is_progress {
            connection.settled = settled;
            self.timers.stop(Timer::GiveUp);
        }
        if connection.role == Role::Live {
            let settled = connection.settled;
            run.coverage.settle(settled);
            if is_progress {
                run.failures.lost_endings = 0;
            }
        }
        if is_progress && is_fill {
            run.failures.fill.reset();
        }
        run.forget_settled();
    }

    /// Handles a report of the audio that the service has received. Without a word that may still
    /// change, what it received some time ago contains no word.
    fn on_heartbeat(&mut self, from: Attempt, heartbeat: &Heartbeat) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(connection) = run.connection(from) else {
            return;
        };
        if connection.reported > connection.settled {
            return;
        }
        let heard_ms = heartbeat.total_audio_received_ms;
        let heard = connection.feed.span().timeline_sample(heard_ms);
        self.settle(from, heard.saturating_sub(samples_in(LONGEST_RECOGNITION)));
    }

    /// Handles `Termination`.
    fn on_termination(&mut self, now: Moment, from: Attempt) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let was_requested = |it: &&mut ServiceConnection| matches!(it.stage, Stage::Closing { .. });
        if run.connection(from).filter(was_requested).is_none() {
            // Some servers send `Termination` before they close an expired session.
            self.on_loss(now, from, Loss::Terminated);
            return;
        }
        let Some(connection) = run.remove(from) else {
            return;
        };
        if connection.role == Role::Live {
            run.coverage.settle(connection.feed.next_sample());
        } else {
            run.failures.fill.reset();
            run.failures.lost_fills = 0;
        }
        self.end_session(&connection, SessionEnd::Clean);
        self.close_socket(&connection, true);
    }

    pub(super) fn on_socket_closed(&mut self, now: Moment, from: Attempt, code: u16, reason: &str) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(connection) = run.connection(from) else {
            return;
        };
        let during = match connection.stage {
            Stage::Token => return,
            Stage::Opening(_) => During::Opening,
            Stage::Open(_) => During::Open,
            Stage::Closing { .. } => During::Closing,
        };
        let cause = connection
            .error
            .as_ref()
            .map_or(reason, |error| error.error.as_str());
        let line = format!("socket closed with {code}: {cause}");
        self.log(&line);
        let loss = Loss::Closed {
            during,
            code,
            reason,
        };
        self.on_loss(now, from, loss);
    }
}

/// Returns `true` if a frame that cannot be decoded may have been a turn.
fn may_be_turn(text: &str) -> bool {
    // Searches bytes, as in `console.rs`: the standard library's string search adds more code.
    let mut places = text.as_bytes().windows(TURN.len());
    places.any(|place| place == TURN.as_bytes())
}

/// The `type` of the messages that carry words.
const TURN: &str = "Turn";

/// How long after a word the service has reported it, at the latest. The first partial of a turn
/// comes 1 s after its start; the rest is for a slow hour of the service.
const LONGEST_RECOGNITION: Duration = Duration::from_secs(15);
