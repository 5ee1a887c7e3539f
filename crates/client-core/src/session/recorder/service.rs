//! The service's side of the machine: the token, the socket and what comes by it.

use inturn_protocol::{
    Begin, Closure, DecodeError, Decoded, ErrorMessage, ServerMessage, SpeechModel, TokenReply,
    Turn,
};

use super::super::closures::{NO_CLOSE_FRAME, classify};
use super::super::countdown::Countdown;
use super::super::deadlines::BEGIN;
use super::super::exchange::{Attempt, Effect};
use super::super::reply;
use super::super::run::Link;
use super::{Recorder, State};
use crate::Moment;
use crate::problem::{Problem, TokenFailure};
use crate::turns::Change;
use crate::view::{StateView, ViewChange};

impl Recorder {
    pub(super) fn token(
        &mut self,
        now: Moment,
        answered: Attempt,
        reply: Result<TokenReply, TokenFailure>,
    ) {
        let awaited = match &mut self.state {
            State::Running(run) => match run.link {
                Link::Token { attempt, .. } if attempt == answered => Some((run, attempt)),
                _ => None,
            },
            _ => None,
        };
        let Some((run, attempt)) = awaited else {
            // A token that comes too late opens no session.
            if let Ok(reply) = reply {
                self.end_recording(reply.recording);
            }
            return;
        };
        match reply {
            Ok(mut reply) => {
                self.recording = reply.recording.take();
                run.link = Link::Opening {
                    attempt,
                    until: now + BEGIN,
                    model: reply::model(&reply.websocket_url),
                };
                let url = reply.socket_url();
                self.console.hide(&reply.token, &url);
                self.effects.push_back(Effect::OpenSocket { attempt, url });
            }
            Err(failure) => {
                let problem = Problem::Token(failure);
                self.fail(&problem);
                self.countdown = Countdown::new(now, problem);
            }
        }
    }

    pub(super) fn message(&mut self, now: Moment, from: Attempt, text: &str) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        if run.link.socket() != Some(from) {
            return;
        }
        if let Link::Closing { wait, .. } = &mut run.link {
            wait.heard(now);
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
            self.note_once(&text, &text);
        }
        match message {
            ServerMessage::Begin(begin) => self.begin(&begin),
            ServerMessage::Turn(turn) => self.turn(&turn),
            ServerMessage::Error(error) => self.error(error),
            ServerMessage::Termination(end) => {
                let secs = end.session_duration_seconds;
                self.note(&format!("session ended after {secs} s"));
                self.terminated();
            }
            ServerMessage::Warning(warning) => {
                let text = format!("the service warns, code {}", warning.warning_code);
                self.note_once(&text, &text);
            }
            ServerMessage::Unknown(kind) => {
                let text = format!("passed over messages of the unknown type \"{kind}\"");
                self.note_once(&text, &text);
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
        self.note_once(name, &error.to_string());
        let State::Running(run) = &mut self.state else {
            return;
        };
        if is_turn && !std::mem::replace(&mut run.turn_was_dropped, true) {
            self.show_problem(&Problem::TurnUnreadable);
        }
    }

    fn error(&mut self, error: ErrorMessage) {
        if let State::Running(run) = &mut self.state {
            run.error = Some(error);
        }
    }

    fn begin(&mut self, begin: &Begin) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        let Link::Opening {
            attempt,
            model: asked,
            ..
        } = &run.link
        else {
            return;
        };
        let echoed = begin
            .configuration
            .as_ref()
            .and_then(|echo| echo.model.as_deref());
        let said = echoed.map(str::to_owned);
        let model = echoed.map_or_else(|| asked.clone(), SpeechModel::new);
        let surprise = (model != *asked)
            .then(|| format!("asked for the model {asked}, the service uses {model}"));
        self.sessions += 1;
        run.link = Link::Open {
            attempt: *attempt,
            session: self.sessions,
            family: model.family(),
        };
        let still_recording = run.intake.is_open();
        if let Some(recording) = self.recording.clone() {
            let model = said;
            self.effects
                .push_back(Effect::BeginRecording { recording, model });
        }
        self.note(&format!("session {} began", begin.id));
        if let Some(surprise) = surprise {
            self.note(&surprise);
        }
        if still_recording {
            self.view(ViewChange::State(StateView::listening()));
        }
    }

    fn turn(&mut self, turn: &Turn) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        let Some((session, family)) = run.link.session() else {
            return;
        };
        run.report(turn);
        match self.transcript.apply(session, family, turn) {
            Change::None => {}
            Change::Changed(key) => self.show_turn(key),
            Change::Removed(key) => self.view(ViewChange::TurnRemoved {
                session: key.session,
                turn: key.turn,
            }),
        }
    }

    /// The service said the session is over.
    fn terminated(&mut self) {
        let State::Running(run) = &self.state else {
            return;
        };
        if matches!(run.link, Link::Closing { .. }) {
            self.settle(true);
            self.effects.push_back(Effect::CloseSocket);
            self.rest();
        } else {
            // Not asked for: some servers say so before they close an expired session.
            let closure = match &run.error {
                Some(error) => classify(error, 1000, ""),
                None => Closure::Ended,
            };
            self.settle(true);
            self.effects.push_back(Effect::CloseSocket);
            self.lost_socket(&Problem::Closed(closure));
        }
    }

    pub(super) fn closed(&mut self, from: Attempt, code: u16, reason: &str) {
        let State::Running(run) = &self.state else {
            return;
        };
        if run.link.socket() != Some(from) {
            return;
        }
        let problem = match (&run.link, &run.error) {
            (_, Some(error)) => Problem::Closed(classify(error, code, reason)),
            (Link::Opening { .. }, None) if code == NO_CLOSE_FRAME => Problem::SocketRefused,
            (Link::Closing { .. }, None) => Problem::EndUnconfirmed,
            (_, None) => Problem::Closed(Closure::classify(code, reason)),
        };
        let cause = run
            .error
            .as_ref()
            .map_or(reason, |error| error.error.as_str());
        let note = format!("socket closed with {code}: {cause}");
        self.note(&note);
        self.lost_socket(&problem);
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
