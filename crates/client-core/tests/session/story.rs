//! A recorder on a virtual clock, with a browser, a server and a service that follow a script.

use std::{collections::BTreeMap, time::Duration};

use inturn_client_core::{
    Moment,
    audio::ChunkLength,
    problem::{MicrophoneFailure, Problem, TokenFailure},
    recording::{RecordingId, RecordingInfo},
    session::{Attempt, Awaited, Effect, Event, Input, Progress, Recorder, State},
};
use inturn_protocol::{ClientMessage, TokenReply};
use inturn_transcript::{Entry, EntryId, Transcript, TurnState};

use super::ledger::Ledger;
pub(crate) use super::ledger::TOKEN;

/// The lease that our server grants.
pub(crate) const LEASE: &str = "recording-1";
/// Id and start time of each recording.
pub(crate) const INFO: RecordingInfo = RecordingInfo {
    id: RecordingId(7),
    started_unix_ms: 1_700_000_000_000,
};
/// Sample rate of [`Story::speak`]: the service's own rate, at which a block is one chunk.
pub(crate) const RATE_HZ: u32 = 16_000;

/// The result of a token request: status and body, or no answer.
pub(crate) type Answer = Result<(u16, String), TokenFailure>;

/// The automatic reactions of the browser, the server and the service. `None` means no reaction:
/// the test provides it.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// Result of opening the microphone: its rate in Hz, or a failure.
    pub(crate) microphone: Option<Result<u32, MicrophoneFailure>>,
    /// Delay from `CloseMicrophone` to `AudioEnded`.
    pub(crate) audio_end: Option<Duration>,
    /// Delay of our server's answer, and the answer.
    pub(crate) token: Option<(Duration, Answer)>,
    /// Delay from the request for the socket to `Begin`.
    pub(crate) begin: Option<Duration>,
    /// Delay from the arrival of `Terminate` at the service to `Termination`.
    pub(crate) termination: Option<Duration>,
    /// How fast the socket sends.
    pub(crate) uplink: Uplink,
    /// Delay of our server's answer to a probe.
    pub(crate) probe: Option<Duration>,
}

/// The network from the socket to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uplink {
    /// All bytes leave the socket at once.
    Unlimited,
    /// Bytes that are not sent yet stay in the socket.
    Limited { bytes_per_second: u64 },
}

impl Default for Script {
    /// Everything succeeds at once.
    fn default() -> Self {
        Self {
            microphone: Some(Ok(RATE_HZ)),
            audio_end: Some(Duration::ZERO),
            token: Some((Duration::ZERO, Ok((200, token_body())))),
            begin: Some(Duration::ZERO),
            termination: Some(Duration::ZERO),
            uplink: Uplink::Unlimited,
            probe: Some(Duration::ZERO),
        }
    }
}

/// A scheduled reaction.
#[derive(Debug)]
enum Scheduled {
    MicrophoneOpened(u32),
    MicrophoneFailed(MicrophoneFailure),
    AudioEnded,
    Token(Attempt, Answer),
    Begin(Attempt),
    Message(Attempt, String),
    Probed(Attempt),
}

/// A test run of the recorder. Time starts at an arbitrary value, like a browser's clock.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) recorder: Recorder,
    pub(crate) ledger: Ledger,
    pub(crate) script: Script,
    pub(crate) now: Moment,
    /// Attempt of the last socket.
    pub(crate) socket: Attempt,
    /// All effects with their times.
    pub(crate) log: Vec<(Moment, Effect)>,
    read: usize,
    /// The transcript, built from the events.
    pub(crate) transcript: Transcript,
    /// The lines of [`Story::lines`] for each effect.
    descriptions: Vec<Vec<String>>,
    events: BTreeMap<(Moment, u32), Scheduled>,
    scheduled: u32,
    /// Bytes in the socket, with the time of that value.
    unsent: (Moment, f64),
    /// The line of the last state.
    shown_state: String,
}

impl Story {
    pub(crate) fn new(script: Script) -> Self {
        Self {
            recorder: Recorder::new(ChunkLength::default()),
            ledger: Ledger::default(),
            script,
            now: Moment::from_millis(1_234.5),
            socket: Attempt(0),
            log: Vec::new(),
            read: 0,
            transcript: Transcript::default(),
            descriptions: Vec::new(),
            events: BTreeMap::new(),
            scheduled: 0,
            unsent: (Moment::default(), 0.0),
            shown_state: String::new(),
        }
    }

    /// Starts a recording with an open session.
    pub(crate) fn listening() -> Self {
        Self::listening_to(Script::default())
    }

    pub(crate) fn listening_to(script: Script) -> Self {
        let mut story = Self::new(script);
        story.handle(Input::Record);
        story.advance(0);
        assert_eq!(story.state(), "listening");
        story.lines();
        story
    }

    /// Passes an input to the recorder, and schedules the script's reactions to its effects.
    pub(crate) fn handle(&mut self, input: Input<'_>) {
        match input {
            Input::SocketMessage { attempt, text } if text.contains("\"Begin\"") => {
                self.ledger.on_writable(attempt);
            }
            Input::SocketOpened(attempt) => self.ledger.on_writable(attempt),
            Input::SocketClosed { attempt, .. } => self.ledger.on_socket_closed(attempt),
            Input::TokenReply {
                status: 200..=299,
                body,
                ..
            } => self.ledger.on_token(body),
            Input::MicrophoneOpened { .. } => {
                // The new microphone's port replaces the previous one, whose messages are lost.
                self.events
                    .retain(|_, event| !matches!(event, Scheduled::AudioEnded));
            }
            _ => {}
        }
        let woken = input == Input::Wake;
        self.recorder.handle(self.now, input);
        while let Some(effect) = self.recorder.next_effect() {
            self.ledger.check_effect(&effect);
            self.answer(&effect);
            let lines = self.describe(&effect);
            self.descriptions.push(lines);
            self.log.push((self.now, effect));
        }
        self.ledger.check();
        assert_eq!(&self.transcript, self.recorder.recording().transcript());
        let wake = self.recorder.next_wake();
        if self.ledger.is_idle() {
            let waits = self.retry_wait().is_some_and(|secs| secs > 0);
            assert_eq!(
                wake.is_some(),
                waits,
                "an idle recorder runs no timer but the countdown"
            );
        }
        if woken && let Some(wake) = wake {
            assert!(wake > self.now, "the next wake is not later");
        }
    }

    /// Advances the clock by `ms`, and fires everything that is due until then.
    pub(crate) fn advance(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        loop {
            let event = self.events.first_key_value().map(|((at, _), _)| *at);
            let wake = self.recorder.next_wake();
            let Some(next) = event
                .into_iter()
                .chain(wake)
                .min()
                .filter(|at| *at <= until)
            else {
                break;
            };
            self.now = self.now.max(next);
            if event == Some(next) {
                if let Some((_, event)) = self.events.pop_first() {
                    self.fire(&event);
                }
            } else {
                self.wake();
            }
        }
        self.now = until;
    }

    /// Fires the timer. Reports the unsent bytes before it, as a shell does.
    fn wake(&mut self) {
        let sockets = self.ledger.all_sockets.iter();
        let open: Vec<Attempt> = sockets
            .filter(|it| it.is_open)
            .map(|it| it.attempt)
            .collect();
        for attempt in open {
            let bytes = if attempt == self.socket {
                self.drain_socket().ceil() as u64
            } else {
                0
            };
            self.handle(Input::Unsent { attempt, bytes });
        }
        self.handle(Input::Wake);
    }

    /// Sends what the uplink can send until now. Returns the number of bytes left in the socket.
    fn drain_socket(&mut self) -> f64 {
        let (since, unsent) = self.unsent;
        let sent = match self.script.uplink {
            Uplink::Unlimited => unsent,
            Uplink::Limited { bytes_per_second } => {
                self.now.since(since).as_secs_f64() * bytes_per_second as f64
            }
        };
        self.unsent = (self.now, (unsent - sent).max(0.0));
        self.unsent.1
    }

    /// Reports the result of a probe.
    pub(crate) fn answer_probe(&mut self, is_up: bool) {
        let attempt = self.socket;
        self.handle(Input::NetworkProbed { attempt, is_up });
    }

    /// Advances the clock until the recorder is idle. Panics after a minute.
    pub(crate) fn run_until_idle(&mut self) {
        for _ in 0..600 {
            if self.ledger.is_idle() {
                return;
            }
            self.advance(100);
        }
        panic!("the recording does not end: {:?}", self.recorder);
    }

    /// Passes `ms` of audio in real time, in blocks of 100 ms.
    pub(crate) fn speak(&mut self, ms: u64) {
        for _ in 0..ms / 100 {
            self.advance(100);
            self.handle(Input::Block {
                planar: &[0.25; RATE_HZ as usize / 10],
                channels: 1,
            });
        }
    }

    pub(crate) fn record(&mut self) {
        self.handle(Input::Record);
    }

    pub(crate) fn stop(&mut self) {
        self.handle(Input::Stop);
    }

    /// Receives a message from the service on the current socket.
    pub(crate) fn receive(&mut self, text: &str) {
        let attempt = self.socket;
        self.handle(Input::SocketMessage { attempt, text });
    }

    /// Closes the current socket on the service's side.
    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        let attempt = self.socket;
        self.handle(Input::SocketClosed {
            attempt,
            code,
            reason,
        });
    }

    /// Returns the kind of the last reported state.
    pub(crate) fn state(&self) -> &'static str {
        kind(self.ledger.state)
    }

    /// Returns the name of the last problem since the last Record.
    pub(crate) fn problem(&self) -> Option<String> {
        self.last_problem().as_ref().map(name)
    }

    /// Returns the last reported wait until a retry, if any.
    pub(crate) fn retry_wait(&self) -> Option<u32> {
        let mut wait = None;
        for (_, effect) in &self.log {
            match effect {
                Effect::Event(Event::State(State::AwaitingMicrophone)) => wait = None,
                Effect::Event(Event::Problem(problem)) => wait = problem.retry_after_secs(),
                Effect::Event(Event::RetryWait(secs)) => wait = Some(*secs),
                _ => {}
            }
        }
        wait
    }

    fn last_problem(&self) -> Option<Problem> {
        self.log.iter().rev().find_map(|(_, effect)| match effect {
            Effect::Event(Event::Problem(problem)) => Some(Some(*problem)),
            Effect::Event(Event::State(State::AwaitingMicrophone)) => Some(None),
            _ => None,
        })?
    }

    /// Returns all effects since the last call, one line each. Omits the level meter and the lease.
    /// Counts consecutive frames of the same length.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut frames = 0;
        let unread = self.descriptions[self.read..]
            .iter()
            .zip(&self.log[self.read..]);
        for (description, (_, effect)) in unread {
            for line in description {
                let is_frame = matches!(effect, Effect::SendAudio { .. });
                frames = if is_frame && lines.last().is_some_and(|last| last.starts_with(line)) {
                    lines.pop();
                    frames + 1
                } else {
                    1
                };
                lines.push(if frames > 1 {
                    format!("{line} × {frames}")
                } else {
                    line.clone()
                });
            }
        }
        self.read = self.log.len();
        lines
    }

    /// Describes an effect in lines.
    fn describe(&mut self, effect: &Effect) -> Vec<String> {
        let line = match effect {
            Effect::OpenMicrophone => "open microphone".to_owned(),
            Effect::CloseMicrophone => "close microphone".to_owned(),
            Effect::FetchToken { attempt, .. } => format!("fetch token {}", attempt.0),
            Effect::OpenSocket { attempt, .. } => format!("open socket {}", attempt.0),
            Effect::SendAudio { frame, .. } => format!("audio {}", frame.len()),
            Effect::SendControl { text, .. } => format!("send {text}"),
            Effect::CloseSocket(_) => "close socket".to_owned(),
            Effect::ProbeNetwork(_) => "probe the network".to_owned(),
            // The ledger and `leases.rs` check these.
            Effect::ReportBegin { .. } | Effect::ReleaseLease(_) => return Vec::new(),
            Effect::Log(line) => format!("log {line}"),
            Effect::Event(Event::Began(_)) => {
                self.transcript = Transcript::default();
                return Vec::new();
            }
            Effect::Event(Event::Level(_)) => return Vec::new(),
            Effect::Event(Event::State(state)) => match state {
                State::Finishing(Awaited::Upload { secs }) => {
                    format!("show finishing: sending {secs} s")
                }
                State::Finishing(Awaited::Network) => "show finishing: offline".to_owned(),
                other => {
                    // The seconds of a state are left out.
                    let line = match other {
                        State::Reconnecting { outage, .. } => {
                            format!("show reconnecting: {outage:?}")
                        }
                        State::Listening(Progress::Behind { .. }) => {
                            "show listening: behind".to_owned()
                        }
                        State::Listening(Progress::Filling { .. }) => {
                            "show listening: filling".to_owned()
                        }
                        other => format!("show {}", kind(*other)),
                    };
                    if std::mem::replace(&mut self.shown_state, line.clone()) == line {
                        return Vec::new();
                    }
                    line
                }
            },
            Effect::Event(Event::Problem(problem)) => format!("show problem {}", name(problem)),
            Effect::Event(Event::Resolved(problem)) => format!("resolved {}", name(problem)),
            Effect::Event(Event::RetryWait(secs)) => format!("wait {secs}"),
            Effect::Event(Event::Changed(change)) => {
                let ids = self.transcript.apply(change);
                return ids.into_iter().map(|id| self.entry(id)).collect();
            }
        };
        vec![line]
    }

    fn entry(&self, id: EntryId) -> String {
        match (id, self.transcript.entry(id)) {
            (_, Some(Entry::Turn(turn))) => format!(
                "show {}/{} \"{}|{}\"{}{}",
                turn.id.session,
                turn.id.turn,
                turn.firm(),
                turn.tentative(),
                if turn.has_ended() { " final" } else { "" },
                if turn.state == TurnState::Unfinished {
                    " broken off"
                } else {
                    ""
                },
            ),
            (_, Some(Entry::Gap(gap))) => format!("show gap {}-{}", gap.from_ms, gap.to_ms),
            (EntryId::Turn(id), None) => format!("remove {}/{}", id.session, id.turn),
            (EntryId::Gap(from_ms), None) => format!("remove gap {from_ms}"),
        }
    }

    fn answer(&mut self, effect: &Effect) {
        match effect {
            Effect::OpenMicrophone => match self.script.microphone {
                Some(Ok(rate_hz)) => self.at(Duration::ZERO, Scheduled::MicrophoneOpened(rate_hz)),
                Some(Err(failure)) => self.at(Duration::ZERO, Scheduled::MicrophoneFailed(failure)),
                None => {}
            },
            Effect::CloseMicrophone => {
                // A cancelled prompt gets no answer.
                self.events.retain(|_, event| {
                    !matches!(
                        event,
                        Scheduled::MicrophoneOpened(_) | Scheduled::MicrophoneFailed(_)
                    )
                });
                if let Some(after) = self.script.audio_end {
                    self.at(after, Scheduled::AudioEnded);
                }
            }
            Effect::FetchToken { attempt, .. } => {
                if let Some((after, reply)) = self.script.token.clone() {
                    self.at(after, Scheduled::Token(*attempt, reply));
                }
            }
            Effect::OpenSocket { attempt, .. } => {
                self.socket = *attempt;
                if let Some(after) = self.script.begin {
                    self.at(after, Scheduled::Begin(*attempt));
                }
            }
            Effect::SendAudio { frame, .. } => {
                self.drain_socket();
                self.unsent.1 += frame.len() as f64;
            }
            Effect::SendControl { attempt, text }
                if ClientMessage::decode(text) == Ok(ClientMessage::Terminate) =>
            {
                let unsent = self.drain_socket();
                let leaves = match self.script.uplink {
                    Uplink::Unlimited => Some(Duration::ZERO),
                    Uplink::Limited { bytes_per_second } => {
                        let secs = unsent / bytes_per_second as f64;
                        Duration::try_from_secs_f64(secs).ok()
                    }
                };
                if let (Some(leaves), Some(after)) = (leaves, self.script.termination) {
                    let message = Scheduled::Message(*attempt, TERMINATION.to_owned());
                    self.at(leaves + after, message);
                }
            }
            Effect::ProbeNetwork(attempt) => {
                if let Some(after) = self.script.probe {
                    self.at(after, Scheduled::Probed(*attempt));
                }
            }
            Effect::SendControl { .. }
            | Effect::CloseSocket(_)
            | Effect::ReportBegin { .. }
            | Effect::ReleaseLease(_)
            | Effect::Event(_)
            | Effect::Log(_) => {}
        }
    }

    fn at(&mut self, after: Duration, event: Scheduled) {
        self.scheduled += 1;
        self.events
            .insert((self.now + after, self.scheduled), event);
    }

    fn fire(&mut self, event: &Scheduled) {
        match event {
            Scheduled::MicrophoneOpened(rate_hz) => {
                self.handle(Input::MicrophoneOpened {
                    rate_hz: *rate_hz,
                    recording: INFO,
                });
            }
            Scheduled::MicrophoneFailed(failure) => self.handle(Input::MicrophoneFailed(*failure)),
            Scheduled::AudioEnded => self.handle(Input::AudioEnded),
            Scheduled::Token(attempt, Ok((status, body))) => self.handle(Input::TokenReply {
                attempt: *attempt,
                status: *status,
                body,
            }),
            Scheduled::Token(attempt, Err(failure)) => self.handle(Input::TokenFailed {
                attempt: *attempt,
                failure: *failure,
            }),
            Scheduled::Begin(attempt) => self.handle(Input::SocketMessage {
                attempt: *attempt,
                text: BEGIN,
            }),
            Scheduled::Message(attempt, text) => self.handle(Input::SocketMessage {
                attempt: *attempt,
                text,
            }),
            Scheduled::Probed(attempt) => self.handle(Input::NetworkProbed {
                attempt: *attempt,
                is_up: true,
            }),
        }
    }
}

/// Returns the body of a successful token reply.
pub(crate) fn token_body() -> String {
    let reply = TokenReply {
        token: TOKEN.to_owned(),
        websocket_url: "wss://service.test/v3/ws?speech_model=universal-3-5-pro".to_owned(),
        expires_in_seconds: 60,
        max_session_duration_seconds: 10_800,
        recording: Some(LEASE.to_owned()),
    };
    serde_json::to_string(&reply).expect("a reply serializes to JSON")
}

/// Returns a partial of the Universal-3 family.
pub(crate) fn partial(turn: u32, text: &str) -> String {
    turn_message(turn, text, false)
}

/// Returns an end of the Universal-3 family.
pub(crate) fn end(turn: u32, text: &str) -> String {
    turn_message(turn, text, true)
}

fn turn_message(turn: u32, text: &str, end: bool) -> String {
    format!(
        r#"{{"type":"Turn","turn_order":{turn},"end_of_turn":{end},"turn_is_formatted":{end},
            "transcript":{text:?},"words":[]}}"#
    )
}

/// Returns the kind of a state.
fn kind(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::AwaitingMicrophone | State::Connecting => "starting",
        State::Listening(_) => "listening",
        State::Reconnecting { .. } => "reconnecting",
        State::Finishing(_) => "finishing",
    }
}

/// Returns the most specific name of a problem: its code, its closure, its failure, or the problem.
fn name(problem: &Problem) -> String {
    match problem {
        Problem::Token(TokenFailure::Refused { code, .. }) => format!("{code:?}"),
        Problem::Token(failure) => format!("Token{failure:?}"),
        Problem::Microphone(failure) => format!("Microphone{failure:?}"),
        Problem::Closed(closure) => format!("{closure:?}"),
        other => format!("{other:?}"),
    }
}

/// `Begin` of an older server, without an echo of the settings.
pub(crate) const BEGIN: &str = r#"{"type":"Begin","id":"s1","expires_at":1}"#;
pub(crate) const TERMINATION: &str =
    r#"{"type":"Termination","audio_duration_seconds":1,"session_duration_seconds":2}"#;
/// The line for the [`Effect::SendControl`] that ends a session.
pub(crate) const SEND_TERMINATE: &str = r#"send {"type":"Terminate"}"#;
