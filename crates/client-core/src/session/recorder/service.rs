//! Handlers for the token, the socket and the service's messages.

use inturn_protocol::{
    Begin, DecodeError, Decoded, ErrorMessage, ServerMessage, SpeechModel, TokenReply, Turn,
};
use inturn_transcript::SessionEnd;

use super::{
    super::{
        connection::Stage,
        countdown::Countdown,
        io::{Attempt, Effect, Event, State},
        reply,
        retry::{During, Loss},
        timers::{BEGIN_TIMEOUT, Timer},
    },
    Phase, Recorder,
};
use crate::{
    Moment,
    problem::{Problem, TokenFailure},
    recording::Span,
};

impl Recorder {
    pub(super) fn on_token(
        &mut self,
        now: Moment,
        answered: Attempt,
        reply: Result<TokenReply, TokenFailure>,
    ) {
        let connection = match &mut self.phase {
            Phase::Running(run) => Some(&mut run.connection),
            _ => None,
        };
        let connection =
            connection.filter(|it| it.attempt == answered && matches!(it.stage, Stage::Token));
        let Some(connection) = connection else {
            // A token that comes too late opens no session.
            if let Ok(reply) = reply {
                self.release_lease(reply.recording);
            }
            return;
        };
        self.timers.stop(Timer::Token);
        match reply {
            Ok(mut reply) => {
                self.lease = reply.recording.take();
                connection.stage = Stage::Opening(reply::model(&reply.websocket_url));
                self.timers.set(Timer::Begin, now + BEGIN_TIMEOUT);
                let url = reply.socket_url();
                self.console.hide(&reply.token, &url);
                let attempt = answered;
                self.effects.push_back(Effect::OpenSocket { attempt, url });
            }
            Err(failure) => {
                self.on_loss(Loss::Token(failure));
                self.start_countdown(now, Problem::Token(failure));
            }
        }
    }

    /// Starts the countdown that `problem` requires, if any.
    fn start_countdown(&mut self, now: Moment, problem: Problem) {
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
        let connection = &mut run.connection;
        if connection.attempt != from || !connection.has_socket() {
            return;
        }
        if let Stage::Closing { wait, .. } = &mut connection.stage {
            wait.on_message(now, &mut self.timers);
        }
        let decoded = match ServerMessage::decode_with_odd_fields(text) {
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
        match message {
            ServerMessage::Begin(begin) => self.on_begin(&begin),
            ServerMessage::Turn(turn) => self.on_turn(&turn),
            ServerMessage::Error(error) => self.on_error(error),
            ServerMessage::Termination(end) => {
                let secs = end.session_duration_seconds;
                self.log(&format!("session ended after {secs} s"));
                self.on_termination();
            }
            ServerMessage::Warning(warning) => {
                let text = format!("warning {} from the service", warning.warning_code);
                self.log_once(&text, &text);
            }
            ServerMessage::Unknown(kind) => {
                let text = format!("ignored messages of unknown type \"{kind}\"");
                self.log_once(&text, &text);
            }
            ServerMessage::SpeechStarted(_)
            | ServerMessage::Heartbeat(_)
            | ServerMessage::Silence(_)
            | ServerMessage::SpeakerRevision(_)
            | ServerMessage::LlmGatewayResponse(_) => {}
        }
    }

    /// Handles a message that cannot be decoded. The session goes on, but the page must report that
    /// words may be missing.
    fn on_unreadable_message(&mut self, text: &str, error: &DecodeError) {
        let (name, is_turn) = match error {
            DecodeError::NotAnObject { .. } => ("no object", may_be_turn(text)),
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

    fn on_error(&mut self, error: ErrorMessage) {
        if let Phase::Running(run) = &mut self.phase {
            run.connection.error = Some(error);
        }
    }

    fn on_begin(&mut self, begin: &Begin) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let connection = &mut run.connection;
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
        self.timers.stop(Timer::Begin);
        let span = Span {
            first_sample: connection.feed.first_sample(),
        };
        let is_recording = run.intake.is_open();
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
        if is_recording {
            self.emit_state(State::Listening);
        }
    }

    fn on_turn(&mut self, turn: &Turn) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(session) = run.connection.session() else {
            return;
        };
        run.connection.report(turn);
        if let Some(sample) = self.recording.settled_until(session, turn) {
            // Not beyond what was sent: the service's times may be wrong.
            run.upload
                .forget(sample.min(run.connection.feed.next_sample()));
        }
        if let Some(change) = self.recording.take_turn(session, turn) {
            self.emit(Event::Changed(change));
        }
    }

    /// Handles `Termination`.
    fn on_termination(&mut self) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let attempt = run.connection.attempt;
        let was_requested = matches!(run.connection.stage, Stage::Closing { .. });
        self.end_session(SessionEnd::Clean);
        self.effects.push_back(Effect::CloseSocket(attempt));
        if was_requested {
            self.go_idle();
        } else {
            // Some servers send `Termination` before they close an expired session.
            self.on_socket_loss(Loss::Terminated);
        }
    }

    pub(super) fn on_socket_closed(&mut self, from: Attempt, code: u16, reason: &str) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let connection = &run.connection;
        let during = match connection.stage {
            Stage::Token => return,
            Stage::Opening(_) => During::Opening,
            Stage::Open(_) => During::Open,
            Stage::Closing { .. } => During::Closing,
        };
        if connection.attempt != from {
            return;
        }
        let cause = connection
            .error
            .as_ref()
            .map_or(reason, |error| error.error.as_str());
        let line = format!("socket closed with {code}: {cause}");
        self.log(&line);
        self.on_socket_loss(Loss::Closed {
            during,
            code,
            reason,
        });
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
