//! A recorder, a virtual clock, and a browser and a service that do as the script says.

use std::collections::BTreeMap;
use std::time::Duration;

use inturn_client_core::Moment;
use inturn_client_core::audio::ChunkLength;
use inturn_client_core::problem::{MicrophoneFailure, Problem, TokenFailure};
use inturn_client_core::recording::{RecordingId, RecordingInfo};
use inturn_client_core::session::{Attempt, Awaited, Effect, Event, Input, Recorder, State};
use inturn_protocol::{ClientMessage, TokenReply};
use inturn_transcript::{Entry, EntryId, Transcript, TurnState};

use super::ledger::Ledger;
pub(crate) use super::ledger::TOKEN;

/// The lease that our server grants.
pub(crate) const LEASE: &str = "recording-1";
/// What the shell calls each recording.
pub(crate) const INFO: RecordingInfo = RecordingInfo {
    id: RecordingId(7),
    started_unix_ms: 1_700_000_000_000,
};
/// The rate at which [`Story::speak`] speaks: that of the service, where a block is its chunks.
pub(crate) const RATE_HZ: u32 = 16_000;

/// What comes of asking for a token: status and body, or nothing.
pub(crate) type Answer = Result<(u16, String), TokenFailure>;

/// What the browser and the service do by themselves. `None` is "nothing": the story does it.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// How the prompt for the microphone is answered.
    pub(crate) microphone: Option<Result<u32, MicrophoneFailure>>,
    /// How long after `CloseMicrophone` the worklet says that it has ended.
    pub(crate) audio_end: Option<Duration>,
    /// How long our server takes, and what it answers.
    pub(crate) token: Option<(Duration, Answer)>,
    /// How long after the socket is asked for `Begin` comes.
    pub(crate) begin: Option<Duration>,
    /// How long after `Terminate` is there the service says `Termination`.
    pub(crate) termination: Option<Duration>,
    /// What becomes of what is sent.
    pub(crate) uplink: Uplink,
    /// How long our server takes to show that the network is up.
    pub(crate) probe: Option<Duration>,
}

/// The way from the socket to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uplink {
    /// All is gone from the socket at once, wherever it is then.
    Swallows,
    /// What it does not carry waits in the socket.
    Carries { bytes_per_second: u64 },
}

impl Default for Script {
    /// All goes well, and at once.
    fn default() -> Self {
        Self {
            microphone: Some(Ok(RATE_HZ)),
            audio_end: Some(Duration::ZERO),
            token: Some((Duration::ZERO, Ok((200, token_body())))),
            begin: Some(Duration::ZERO),
            termination: Some(Duration::ZERO),
            uplink: Uplink::Swallows,
            probe: Some(Duration::ZERO),
        }
    }
}

/// What happens at its time.
#[derive(Debug)]
enum Happening {
    MicrophoneOpened(u32),
    MicrophoneFailed(MicrophoneFailure),
    AudioEnded,
    Token(Attempt, Answer),
    Begin(Attempt),
    Message(Attempt, String),
    Probed(Attempt),
}

/// One story. Time starts at an odd moment, as a browser's clock does.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) recorder: Recorder,
    pub(crate) ledger: Ledger,
    pub(crate) script: Script,
    pub(crate) now: Moment,
    /// The attempt of the last socket.
    pub(crate) socket: Attempt,
    /// Every effect and its time.
    pub(crate) log: Vec<(Moment, Effect)>,
    read: usize,
    /// The transcript as the events make it.
    pub(crate) transcript: Transcript,
    /// What [`Story::lines`] says of each event, made when it came.
    lines_said: Vec<Vec<String>>,
    events: BTreeMap<(Moment, u32), Happening>,
    scheduled: u32,
    /// Bytes in the socket, and when that was so.
    unsent: (Moment, f64),
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
            lines_said: Vec::new(),
            events: BTreeMap::new(),
            scheduled: 0,
            unsent: (Moment::default(), 0.0),
        }
    }

    /// A recording on which the service listens.
    pub(crate) fn listening() -> Self {
        Self::listening_to(Script::default())
    }

    pub(crate) fn listening_to(script: Script) -> Self {
        let mut story = Self::new(script);
        story.give(Input::Record);
        story.wait(0);
        assert_eq!(story.state(), "listening");
        story.lines();
        story
    }

    /// Gives one input, and lets the script answer what comes of it.
    pub(crate) fn give(&mut self, input: Input<'_>) {
        match input {
            Input::SocketMessage { attempt, text }
                if attempt == self.socket && text.contains("\"Begin\"") =>
            {
                self.ledger.begins();
            }
            Input::SocketClosed { attempt, .. } if attempt == self.socket => {
                self.ledger.socket_closed();
            }
            Input::TokenReply {
                status: 200..=299,
                body,
                ..
            } => self.ledger.token_comes(body),
            Input::MicrophoneOpened { .. } => {
                // Its port takes the place of the one before, on which nothing is heard any more.
                self.events
                    .retain(|_, event| !matches!(event, Happening::AudioEnded));
            }
            _ => {}
        }
        let woken = input == Input::Wake;
        self.recorder.handle(self.now, input);
        while let Some(effect) = self.recorder.next_effect() {
            self.ledger.see(&effect);
            self.answer(&effect);
            let lines = self.tell(&effect);
            self.lines_said.push(lines);
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
                "a timer runs for what is shown alone"
            );
        }
        if woken && let Some(wake) = wake {
            assert!(wake > self.now, "a wake that has come comes again");
        }
    }

    /// Lets `ms` pass, with all that is due meanwhile.
    pub(crate) fn wait(&mut self, ms: u64) {
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
                    self.happen(&event);
                }
            } else {
                self.wake();
            }
        }
        self.now = until;
    }

    /// The timer has come: first the socket is looked at, as a shell does.
    fn wake(&mut self) {
        if self.ledger.sockets.is_open() {
            let attempt = self.socket;
            let bytes = self.carry().ceil() as u64;
            self.give(Input::Unsent { attempt, bytes });
        }
        self.give(Input::Wake);
    }

    /// Lets the uplink carry what it can until now; gives what is left in the socket.
    fn carry(&mut self) -> f64 {
        let (since, unsent) = self.unsent;
        let carried = match self.script.uplink {
            Uplink::Swallows => unsent,
            Uplink::Carries { bytes_per_second } => {
                self.now.since(since).as_secs_f64() * bytes_per_second as f64
            }
        };
        self.unsent = (self.now, (unsent - carried).max(0.0));
        self.unsent.1
    }

    /// Our server showed that the network is up, or that nobody answers.
    pub(crate) fn probed(&mut self, is_up: bool) {
        let attempt = self.socket;
        self.give(Input::NetworkProbed { attempt, is_up });
    }

    /// Lets time pass until the recording is over. Fails if that takes a minute.
    pub(crate) fn wait_for_rest(&mut self) {
        for _ in 0..600 {
            if self.ledger.is_idle() {
                return;
            }
            self.wait(100);
        }
        panic!("the recording never ends: {:?}", self.recorder);
    }

    /// Real-time speech in blocks of 100 ms, each at the end of its time.
    pub(crate) fn speak(&mut self, ms: u64) {
        for _ in 0..ms / 100 {
            self.wait(100);
            self.give(Input::Block {
                planar: &[0.25; RATE_HZ as usize / 10],
                channels: 1,
            });
        }
    }

    pub(crate) fn record(&mut self) {
        self.give(Input::Record);
    }

    pub(crate) fn stop(&mut self) {
        self.give(Input::Stop);
    }

    /// The service says this on the present socket.
    pub(crate) fn hear(&mut self, text: &str) {
        let attempt = self.socket;
        self.give(Input::SocketMessage { attempt, text });
    }

    /// The service closes the present socket.
    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        let attempt = self.socket;
        self.give(Input::SocketClosed {
            attempt,
            code,
            reason,
        });
    }

    /// The kind of state that was said last.
    pub(crate) fn state(&self) -> &'static str {
        kind(self.ledger.state)
    }

    /// The last problem since the last Record, by its name.
    pub(crate) fn problem(&self) -> Option<String> {
        self.last_problem().as_ref().map(name)
    }

    /// How long until trying again makes sense, as it was said last, where that was said.
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

    /// All effects since the last look, a line each; the meter and the lease are left out, and frames of
    /// one length in a row are counted.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut frames = 0;
        let said = self.lines_said[self.read..]
            .iter()
            .zip(&self.log[self.read..]);
        for (said, (_, effect)) in said {
            for line in said {
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

    /// What an effect says, in lines.
    fn tell(&mut self, effect: &Effect) -> Vec<String> {
        let line = match effect {
            Effect::OpenMicrophone => "open microphone".to_owned(),
            Effect::CloseMicrophone => "close microphone".to_owned(),
            Effect::FetchToken(attempt) => format!("fetch token {}", attempt.0),
            Effect::OpenSocket { attempt, .. } => format!("open socket {}", attempt.0),
            Effect::SendAudio { frame, .. } => format!("audio {}", frame.len()),
            Effect::SendControl { text, .. } => format!("say {text}"),
            Effect::CloseSocket(_) => "close socket".to_owned(),
            Effect::ProbeNetwork(_) => "probe the network".to_owned(),
            // The ledger follows the one, and `leases.rs` tells of the other.
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
                other => format!("show {}", kind(*other)),
            },
            Effect::Event(Event::Problem(problem)) => format!("show problem {}", name(problem)),
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
                Some(Ok(rate_hz)) => self.at(Duration::ZERO, Happening::MicrophoneOpened(rate_hz)),
                Some(Err(failure)) => self.at(Duration::ZERO, Happening::MicrophoneFailed(failure)),
                None => {}
            },
            Effect::CloseMicrophone => {
                // A prompt that was taken back is not answered any more.
                self.events.retain(|_, event| {
                    !matches!(
                        event,
                        Happening::MicrophoneOpened(_) | Happening::MicrophoneFailed(_)
                    )
                });
                if let Some(after) = self.script.audio_end {
                    self.at(after, Happening::AudioEnded);
                }
            }
            Effect::FetchToken(attempt) => {
                if let Some((after, reply)) = self.script.token.clone() {
                    self.at(after, Happening::Token(*attempt, reply));
                }
            }
            Effect::OpenSocket { attempt, .. } => {
                self.socket = *attempt;
                if let Some(after) = self.script.begin {
                    self.at(after, Happening::Begin(*attempt));
                }
            }
            Effect::SendAudio { frame, .. } => {
                self.carry();
                self.unsent.1 += frame.len() as f64;
            }
            Effect::SendControl { text, .. }
                if ClientMessage::decode(text) == Ok(ClientMessage::Terminate) =>
            {
                let unsent = self.carry();
                let leaves = match self.script.uplink {
                    Uplink::Swallows => Some(Duration::ZERO),
                    Uplink::Carries { bytes_per_second } => {
                        let secs = unsent / bytes_per_second as f64;
                        Duration::try_from_secs_f64(secs).ok()
                    }
                };
                if let (Some(leaves), Some(after)) = (leaves, self.script.termination) {
                    let message = Happening::Message(self.socket, TERMINATION.to_owned());
                    self.at(leaves + after, message);
                }
            }
            Effect::ProbeNetwork(attempt) => {
                if let Some(after) = self.script.probe {
                    self.at(after, Happening::Probed(*attempt));
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

    fn at(&mut self, after: Duration, event: Happening) {
        self.scheduled += 1;
        self.events
            .insert((self.now + after, self.scheduled), event);
    }

    fn happen(&mut self, event: &Happening) {
        match event {
            Happening::MicrophoneOpened(rate_hz) => {
                self.give(Input::MicrophoneOpened {
                    rate_hz: *rate_hz,
                    recording: INFO,
                });
            }
            Happening::MicrophoneFailed(failure) => self.give(Input::MicrophoneFailed(*failure)),
            Happening::AudioEnded => self.give(Input::AudioEnded),
            Happening::Token(attempt, Ok((status, body))) => self.give(Input::TokenReply {
                attempt: *attempt,
                status: *status,
                body,
            }),
            Happening::Token(attempt, Err(failure)) => self.give(Input::TokenFailed {
                attempt: *attempt,
                failure: *failure,
            }),
            Happening::Begin(attempt) => self.give(Input::SocketMessage {
                attempt: *attempt,
                text: BEGIN,
            }),
            Happening::Message(attempt, text) => self.give(Input::SocketMessage {
                attempt: *attempt,
                text,
            }),
            Happening::Probed(attempt) => self.give(Input::NetworkProbed {
                attempt: *attempt,
                is_up: true,
            }),
        }
    }
}

/// The body of a good answer.
pub(crate) fn token_body() -> String {
    let reply = TokenReply {
        token: TOKEN.to_owned(),
        websocket_url: "wss://service.test/v3/ws?speech_model=universal-3-5-pro".to_owned(),
        expires_in_seconds: 60,
        max_session_duration_seconds: 10_800,
        recording: Some(LEASE.to_owned()),
    };
    serde_json::to_string(&reply).expect("a reply has a JSON form")
}

/// A partial of the Universal-3 family.
pub(crate) fn partial(turn: u32, text: &str) -> String {
    turn_message(turn, text, false)
}

/// An end of the Universal-3 family.
pub(crate) fn end(turn: u32, text: &str) -> String {
    turn_message(turn, text, true)
}

fn turn_message(turn: u32, text: &str, end: bool) -> String {
    format!(
        r#"{{"type":"Turn","turn_order":{turn},"end_of_turn":{end},"turn_is_formatted":{end},"transcript":{text:?},"words":[]}}"#
    )
}

/// The kind of a state.
fn kind(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::AwaitingMicrophone | State::Connecting => "starting",
        State::Listening => "listening",
        State::Finishing(_) => "finishing",
    }
}

/// What says most of a problem: the code, the closure, the failure, or the problem itself.
fn name(problem: &Problem) -> String {
    match problem {
        Problem::Token(TokenFailure::Refused { code, .. }) => format!("{code:?}"),
        Problem::Token(failure) => format!("Token{failure:?}"),
        Problem::Microphone(failure) => format!("Microphone{failure:?}"),
        Problem::Closed(closure) => format!("{closure:?}"),
        other => format!("{other:?}"),
    }
}

/// As an older server says it, without an echo of the settings.
pub(crate) const BEGIN: &str = r#"{"type":"Begin","id":"s1","expires_at":1}"#;
pub(crate) const TERMINATION: &str =
    r#"{"type":"Termination","audio_duration_seconds":1,"session_duration_seconds":2}"#;
/// [`Effect::SendControl`] that ends a session, as a line.
pub(crate) const SAY_TERMINATE: &str = r#"say {"type":"Terminate"}"#;
