//! The service's side of the machine: the token, the socket and what comes by it.

use inturn_protocol::{
    Begin, DecodeError, Decoded, ErrorMessage, ServerMessage, SpeechModel, TokenReply, Turn,
};
use inturn_transcript::SessionEnd;

use super::super::countdown::Countdown;
use super::super::exchange::{Attempt, Effect, Event, State};
use super::super::link::Stage;
use super::super::reply;
use super::super::retry::{During, Loss};
use super::super::timers::{BEGIN, Timer};
use super::{Phase, Recorder};
use crate::Moment;
use crate::problem::{Problem, TokenFailure};
use crate::recording::Span;

impl Recorder {
    pub(super) fn token(
        &mut self,
        now: Moment,
        answered: Attempt,
        reply: Result<TokenReply, TokenFailure>,
    ) {
        let awaiting = match &mut self.phase {
            Phase::Running(run) => Some(&mut run.link),
            _ => None,
        };
        let awaiting =
            awaiting.filter(|link| link.attempt == answered && matches!(link.stage, Stage::Token));
        let Some(link) = awaiting else {
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
                link.stage = Stage::Opening(reply::model(&reply.websocket_url));
                self.timers.set(Timer::Begin, now + BEGIN);
                let url = reply.socket_url();
                self.console.hide(&reply.token, &url);
                let attempt = answered;
                self.effects.push_back(Effect::OpenSocket { attempt, url });
            }
            Err(failure) => {
                self.lose(Loss::Token(failure));
                self.wait(now, Problem::Token(failure));
            }
        }
    }

    /// Counts the wait down that `problem` asks for, if it does.
    fn wait(&mut self, now: Moment, problem: Problem) {
        let wait = problem.retry_after_secs();
        self.countdown = wait.map(|secs| Countdown::new(now, secs));
        let countdown = self.countdown.as_ref();
        let next = countdown.and_then(|it| it.next_second(now));
        self.timers.set_or_stop(Timer::RetryWait, next);
    }

    pub(super) fn message(&mut self, now: Moment, from: Attempt, text: &str) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let link = &mut run.link;
        if link.attempt != from || !link.has_socket() {
            return;
        }
        if let Stage::Closing { wait, .. } = &mut link.stage {
            wait.heard(now, &mut self.timers);
        }
        let decoded = match ServerMessage::decode_noting(text) {
            Ok(decoded) => decoded,
            Err(error) => return self.unreadable(text, &error),
        };
        let Decoded {
            message,
            kind,
            odd_fields,
        } = decoded;
        for field in odd_fields {
            let text = format!("passed over the field {field} of {kind}: its type is unexpected");
            self.log_once(&text, &text);
        }
        match message {
            ServerMessage::Begin(begin) => self.begin(&begin),
            ServerMessage::Turn(turn) => self.turn(&turn),
            ServerMessage::Error(error) => self.error(error),
            ServerMessage::Termination(end) => {
                let secs = end.session_duration_seconds;
                self.log(&format!("session ended after {secs} s"));
                self.terminated();
            }
            ServerMessage::Warning(warning) => {
                let text = format!("the service warns, code {}", warning.warning_code);
                self.log_once(&text, &text);
            }
            ServerMessage::Unknown(kind) => {
                let text = format!("passed over messages of the unknown type \"{kind}\"");
                self.log_once(&text, &text);
            }
            ServerMessage::SpeechStarted(_)
            | ServerMessage::Heartbeat(_)
            | ServerMessage::Silence(_)
            | ServerMessage::SpeakerRevision(_)
            | ServerMessage::LlmGatewayResponse(_) => {}
        }
    }

    /// The session goes on, but a person must know when words may be missing.
    fn unreadable(&mut self, text: &str, error: &DecodeError) {
        let (name, is_turn) = match error {
            DecodeError::NotAnObject { .. } => ("no object", mentions_turn(text)),
            DecodeError::NoType => ("no type", mentions_turn(text)),
            DecodeError::Malformed { kind, .. } => (*kind, *kind == TURN),
        };
        self.log_once(name, &error.to_string());
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        if is_turn && !std::mem::replace(&mut run.turn_was_dropped, true) {
            self.event(Event::Problem(Problem::TurnUnreadable));
        }
    }

    fn error(&mut self, error: ErrorMessage) {
        if let Phase::Running(run) = &mut self.phase {
            run.link.error = Some(error);
        }
    }

    fn begin(&mut self, begin: &Begin) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let link = &mut run.link;
        let Stage::Opening(asked) = &link.stage else {
            return;
        };
        let configuration = begin.configuration.as_ref();
        let echoed = configuration.and_then(|echo| echo.model.as_deref());
        let model = echoed.map_or_else(|| asked.clone(), SpeechModel::new);
        let surprise = (model != *asked)
            .then(|| format!("asked for the model {asked}, the service uses {model}"));
        self.sessions += 1;
        link.stage = Stage::Open(self.sessions);
        self.timers.stop(Timer::Begin);
        let span = Span {
            first_sample: link.feed.first_sample(),
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
        if let Some(surprise) = surprise {
            self.log(&surprise);
        }
        self.event(Event::Changed(change));
        if is_recording {
            self.state(State::Listening);
        }
    }

    fn turn(&mut self, turn: &Turn) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Some(session) = run.link.session() else {
            return;
        };
        run.link.report(turn);
        if let Some(sample) = self.recording.settled_until(session, turn) {
            // Not beyond what was sent: the service's times may be wrong.
            run.upload.forget(sample.min(run.link.feed.next_sample()));
        }
        if let Some(change) = self.recording.take_turn(session, turn) {
            self.event(Event::Changed(change));
        }
    }

    /// The service said the session is over.
    fn terminated(&mut self) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let attempt = run.link.attempt;
        let was_asked = matches!(run.link.stage, Stage::Closing { .. });
        self.end_session(SessionEnd::Clean);
        self.effects.push_back(Effect::CloseSocket(attempt));
        if was_asked {
            self.rest();
        } else {
            // Some servers say so before they close an expired session.
            self.lose_socket(Loss::Terminated);
        }
    }

    pub(super) fn closed(&mut self, from: Attempt, code: u16, reason: &str) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        let link = &run.link;
        let during = match link.stage {
            Stage::Token => return,
            Stage::Opening(_) => During::Opening,
            Stage::Open(_) => During::Open,
            Stage::Closing { .. } => During::Closing,
        };
        if link.attempt != from {
            return;
        }
        let cause = link
            .error
            .as_ref()
            .map_or(reason, |error| error.error.as_str());
        let line = format!("socket closed with {code}: {cause}");
        self.log(&line);
        self.lose_socket(Loss::Closed {
            during,
            code,
            reason,
        });
    }
}

/// Whether a frame that cannot be read may have been a turn.
fn mentions_turn(text: &str) -> bool {
    // By bytes, as the console searches: the standard library's search is larger.
    let mut places = text.as_bytes().windows(TURN.len());
    places.any(|place| place == TURN.as_bytes())
}

/// The type of the messages with the words.
const TURN: &str = "Turn";
