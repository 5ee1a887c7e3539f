//! A recorder on a virtual clock, with a browser, a server, a service and a network.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use inturn_client_core::{
    Moment,
    audio::ChunkLength,
    problem::TokenFailure,
    session::{Attempt, Device, Effect, Event, Input, Recorder},
};
use inturn_protocol::{Family, TokenReply};

use super::{
    devices::Devices,
    microphone::Microphone,
    network::Socket,
    plan::{Fault, Plan, Refusal},
    random::Random,
    script::{Script, Stretch, Word},
    service::Session,
    token::SECRET,
    watch::{PauseWatch, Watch},
    world::World,
};

/// The time of Record, in microseconds of the virtual clock.
const START: u64 = 1_000_000;

/// How long after Stop a recording must have ended, in milliseconds: the rest of half an hour of
/// audio is transcribed in 24 minutes.
const LONGEST_END_MS: u64 = 45 * 60_000;

/// How much longer than the recording the script is, in milliseconds. The timers fire late after a
/// sleep.
const SPARE_MS: u64 = 10_000;

/// Something that happens later.
#[derive(Debug)]
pub(crate) enum Scheduled {
    /// The answer to a request for the microphone.
    Microphone(u64, Device),
    /// The microphone with this number delivers.
    Block(u64),
    AudioEnded(u64),
    /// The system gives the sound of this microphone back.
    Released(u64),
    DevicesChanged,
    /// The person tries again to record, because there was no microphone.
    Record,
    Stop,
    Resume,
    Fault(usize),
    Online,
    Token(Attempt, Result<(u16, String), TokenFailure>),
    Opened(usize),
    /// Audio or `Terminate` arrives at the service.
    Heard(usize, Vec<Stretch>),
    Terminate(usize),
    /// A message or a close arrives at the browser.
    Message(usize, String),
    Closed(usize, u16, String),
    /// The service sends a heartbeat.
    Heartbeat(usize),
    /// The service ends a session whose time is over.
    Expire(usize),
    Probed(Attempt, bool),
}

/// A recording with everything around it.
pub(crate) struct Simulation {
    pub(crate) plan: Plan,
    pub(crate) words: Rc<Vec<Word>>,
    pub(crate) recorder: Recorder,
    pub(crate) now: u64,
    pub(crate) sockets: Vec<Socket>,
    pub(crate) world: World,
    pub(crate) watch: Watch,
    pub(crate) microphone: Microphone,
    pub(crate) devices: Devices,
    /// What is checked while the recording is paused.
    pub(crate) pause: PauseWatch,
    pub(crate) random: Random,
    /// Whether each event is printed.
    is_traced: bool,
    queue: BTreeMap<(u64, u64), Scheduled>,
    scheduled: u64,
    tokens: u32,
}

impl Simulation {
    pub(crate) fn new(plan: Plan, is_traced: bool) -> Self {
        let script = Script::new(
            &mut Random::new(plan.seed, 1),
            plan.stop_ms + SPARE_MS,
            plan.slowness,
        );
        let words = Rc::new(script.words.clone());
        Self {
            words: Rc::clone(&words),
            recorder: Recorder::new(ChunkLength::default()),
            now: START,
            sockets: Vec::new(),
            world: World::default(),
            watch: Watch::default(),
            microphone: Microphone::new(script, plan.block, plan.jitter_ms),
            devices: Devices::new(plan.rate_hz),
            pause: PauseWatch::default(),
            random: Random::new(plan.seed, 2),
            is_traced,
            queue: BTreeMap::new(),
            scheduled: 0,
            tokens: 0,
            plan,
        }
    }

    /// Runs the recording until it has ended, or for the longest time that it may take.
    pub(crate) fn run(&mut self) {
        self.start();
        while !self.is_over() {
            self.step();
        }
    }

    /// Presses Record.
    pub(crate) fn start(&mut self) {
        self.at(self.plan.stop_ms, Scheduled::Stop);
        for fault in 0..self.plan.faults.len() {
            self.at(self.plan.faults[fault].0, Scheduled::Fault(fault));
        }
        self.handle(Input::Record);
    }

    /// Returns `true` once the recording has ended, or has taken too long.
    pub(crate) fn is_over(&self) -> bool {
        let end = START + (self.plan.stop_ms + LONGEST_END_MS) * 1_000;
        self.watch.is_idle() || self.now >= end
    }

    /// Delivers the answers of our server that come after the end: a token that comes too late
    /// holds a lease.
    pub(crate) fn deliver_late_tokens(&mut self) {
        for ((at, _), event) in std::mem::take(&mut self.queue) {
            if let Scheduled::Token(..) = event {
                self.now = self.now.max(at);
                self.fire(event);
            }
        }
    }

    /// Advances to what comes next.
    pub(crate) fn step(&mut self) {
        let event = self.queue.first_key_value().map(|((at, _), _)| *at);
        let wake = self.recorder.next_wake();
        let wake = wake.map(|it| it.since(Moment::default()).as_micros() as u64);
        let Some(next) = event.into_iter().chain(wake).min() else {
            self.watch.fail("nothing happens any more");
            self.now = u64::MAX;
            return;
        };
        self.watch.on_step(next > self.now);
        self.now = self.now.max(next);
        self.check_pause();
        if event == Some(next)
            && let Some((_, event)) = self.queue.pop_first()
        {
            self.fire(event);
        } else {
            self.wake();
        }
    }

    /// Schedules something for `ms` from now.
    pub(crate) fn at(&mut self, ms: u64, event: Scheduled) {
        self.at_time(self.now + ms * 1_000, event);
    }

    pub(crate) fn at_time(&mut self, at: u64, event: Scheduled) {
        self.scheduled += 1;
        self.queue.insert((at, self.scheduled), event);
    }

    /// Fires the timer. Reports the unsent bytes before it, as a shell must.
    pub(crate) fn wake(&mut self) {
        for index in 0..self.sockets.len() {
            let socket = &self.sockets[index];
            if socket.is_open {
                let (attempt, bytes) = (socket.attempt, socket.unsent(self.now));
                self.handle(Input::Unsent { attempt, bytes });
            }
        }
        self.handle(Input::Wake);
    }

    pub(crate) fn handle(&mut self, input: Input<'_>) {
        if self.is_traced
            && !matches!(
                input,
                Input::Wake | Input::Block { .. } | Input::Unsent { .. }
            )
        {
            self.trace(&format!("< {input:?}"));
        }
        let now = Moment::default() + Duration::from_micros(self.now);
        self.recorder.handle(now, input);
        while let Some(effect) = self.recorder.next_effect() {
            if self.is_traced && is_shown(&effect) {
                self.trace(&format!("> {effect:?}"));
            }
            self.carry_out(effect);
        }
        self.watch.check_microphone(self.now, &self.microphone);
    }

    pub(crate) fn trace(&self, line: &str) {
        if self.is_traced {
            let secs = (self.now - START) as f64 / 1e6;
            let captured = self.recorder.recording().captured().ms();
            let line: String = line.chars().take(500).collect();
            eprintln!("{secs:9.3} [{captured:6}] {line}");
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::OpenMicrophone(device) => self.request_microphone(device),
            Effect::CloseMicrophone => self.close_microphone(),
            Effect::FetchToken { attempt, lease } => self.fetch_token(attempt, lease),
            Effect::OpenSocket { attempt, url } => self.open_socket(attempt, &url),
            Effect::SendAudio { attempt, frame } => self.send_audio(attempt, &frame),
            Effect::Captured {
                first_sample,
                frame,
            } => self.watch.on_captured(first_sample, frame.len() as u64 / 2),
            Effect::SendControl { attempt, text } => self.send_control(attempt, &text),
            Effect::CloseSocket(attempt) => {
                let Some(index) = self.open_index(attempt) else {
                    return self.watch.fail("closes a socket that is not open");
                };
                let socket = &mut self.sockets[index];
                socket.is_open = false;
                if socket.has_begun && !socket.is_terminated {
                    self.watch.fail("closes a session without Terminate");
                }
            }
            Effect::ReportBegin { lease, .. } => self.world.check_lease(&lease, &mut self.watch),
            Effect::ReleaseLease(lease) => self.world.release(&lease),
            Effect::ProbeNetwork(attempt) => {
                let is_up = !self.world.is_server_down(self.now);
                let ms = if is_up { 50 } else { 3_000 };
                self.at(ms, Scheduled::Probed(attempt, is_up));
            }
            Effect::Event(event) => {
                if !matches!(event, Event::Level(_)) {
                    self.watch.check_secrecy(&format!("{event:?}"));
                }
                let speech = self.microphone.speech;
                self.watch.on_event(event, speech);
            }
            Effect::Log(line) => self.watch.check_secrecy(&line),
        }
    }

    fn fetch_token(&mut self, attempt: Attempt, lease: Option<String>) {
        let open = self.sockets.iter().filter(|it| it.is_open).count();
        if open >= 2 {
            self.watch.fail("a third session");
        }
        let ms = self.random.range(50, 1_500);
        let refusal = match self.world.is_server_down(self.now) {
            true => Some(Refusal::Unreachable),
            false => self.world.refusal(self.now),
        };
        let answer = match refusal {
            Some(Refusal::NoAnswer) => return,
            Some(Refusal::Unreachable) => Err(TokenFailure::Unreachable),
            Some(Refusal::Internal) => Ok((500, error_body("internal", None))),
            Some(Refusal::RateLimited { retry_after_secs }) => {
                Ok((429, error_body("rate_limited", Some(retry_after_secs))))
            }
            Some(Refusal::SignIn) => Ok((401, "<html>Sign in</html>".to_owned())),
            None => Ok((200, self.token_body(lease))),
        };
        self.at(ms, Scheduled::Token(attempt, answer));
    }

    fn token_body(&mut self, lease: Option<String>) -> String {
        self.tokens += 1;
        let model = match self.plan.behaviour.family {
            Family::Universal3 => "universal-3-5-pro",
            Family::UniversalStreaming => "universal-streaming-english",
        };
        let reply = TokenReply {
            token: format!("{SECRET}{}", self.tokens),
            websocket_url: format!("wss://service.test/v3/ws?speech_model={model}"),
            expires_in_seconds: 60,
            max_session_duration_seconds: self.plan.behaviour.cap_secs as u32,
            recording: Some(self.world.grant(lease)),
        };
        serde_json::to_string(&reply).expect("a reply serializes to JSON")
    }

    fn fire(&mut self, event: Scheduled) {
        match event {
            Scheduled::Microphone(number, device) => self.on_microphone(number, device),
            Scheduled::Block(number) => self.on_block(number),
            Scheduled::AudioEnded(number) => self.on_audio_ended(number),
            Scheduled::Released(number) => self.on_released(number),
            Scheduled::DevicesChanged => self.handle(Input::DevicesChanged),
            Scheduled::Record => self.handle(Input::Record),
            Scheduled::Resume => self.resume(),
            Scheduled::Stop => {
                self.watch.on_stop();
                self.handle(Input::Stop);
            }
            Scheduled::Fault(index) => {
                let fault: Fault = self.plan.faults[index].1.clone();
                self.trace(&format!("! {fault:?}"));
                self.begin(&fault);
            }
            Scheduled::Online => self.handle(Input::Online),
            Scheduled::Token(attempt, Ok((status, body))) => {
                let body = &body;
                self.handle(Input::TokenReply {
                    attempt,
                    status,
                    body,
                });
            }
            Scheduled::Token(attempt, Err(failure)) => {
                self.handle(Input::TokenFailed { attempt, failure });
            }
            Scheduled::Opened(index) => self.on_opened(index),
            Scheduled::Heard(index, audio) => self.at_service(index, |it| it.hear(&audio)),
            Scheduled::Terminate(index) => {
                self.at_service(index, Session::terminate);
                if self.sockets[index].session.is_some() && !self.sockets[index].is_dead {
                    self.sockets[index].has_ended = true;
                }
            }
            Scheduled::Message(index, text) => self.on_message(index, &text),
            Scheduled::Closed(index, code, reason) => {
                let socket = &mut self.sockets[index];
                // No close frame passes a dead connection. The browser may notice that it is dead.
                let is_received = !socket.is_dead || code == 1006;
                if socket.is_open && is_received {
                    socket.is_open = false;
                    let attempt = socket.attempt;
                    let reason = &reason;
                    self.handle(Input::SocketClosed {
                        attempt,
                        code,
                        reason,
                    });
                }
            }
            Scheduled::Heartbeat(index) => {
                let socket = &self.sockets[index];
                if socket.is_open && !socket.has_ended {
                    self.at_service(index, |it| vec![(0, it.heartbeat())]);
                    self.at(5_000, Scheduled::Heartbeat(index));
                }
            }
            Scheduled::Expire(index) => {
                let socket = &self.sockets[index];
                if socket.is_open && !socket.has_ended && !socket.is_dead {
                    let why = "Session Expired: Maximum session duration exceeded";
                    self.close_by_service(index, 3008, true, why);
                }
            }
            Scheduled::Probed(attempt, is_up) => {
                self.handle(Input::NetworkProbed { attempt, is_up });
            }
        }
    }
}

fn error_body(code: &str, retry_after_secs: Option<u64>) -> String {
    let wait = retry_after_secs.map_or("null".to_owned(), |it| it.to_string());
    format!(r#"{{"error":"It failed.","code":"{code}","retry_after_seconds":{wait}}}"#)
}

fn is_shown(effect: &Effect) -> bool {
    !matches!(
        effect,
        Effect::SendAudio { .. } | Effect::Captured { .. } | Effect::Event(Event::Level(_))
    )
}
