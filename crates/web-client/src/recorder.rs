//! The recorder: sends audio to the socket, in a separate thread.

mod blocks;
mod socket;
mod socket_url;
mod timer;
mod token;

use std::cell::RefCell;

use inturn_client_core::{
    Moment,
    audio::ChunkLength,
    recording::{RecordingId, RecordingInfo},
    session::{Attempt, Effect, Event, Input, Recorder, State},
};
use inturn_page_core::{
    Kind, SleepClock,
    messages::{self, Configure, ToPage, ToRecorder},
    view::Action,
};
use js_sys::{Date, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort, Performance};

use self::{blocks::Blocks, socket::Socket, timer::Timer};
use crate::browser::{BrowserError, JSON, Listener, info, ok_or_warn, spawn, warn};

thread_local! {
    /// This thread's only recorder. It lives as long as the worker.
    static SHELL: RefCell<Option<Shell>> = const { RefCell::new(None) };
}

/// The recorder's shell: the state machine, and everything that the recorder owns.
struct Shell {
    scope: DedicatedWorkerGlobalScope,
    performance: Performance,
    clock: SleepClock,
    recorder: Recorder,
    blocks: Option<Blocks>,
    /// The sockets that are opening or open: one, or two during a hand-over.
    sockets: Vec<Socket>,
    timer: Option<Timer>,
    stores_transcripts: bool,
    _messages: Listener,
}

/// Starts listening to the page.
pub(crate) fn start() -> Result<(), BrowserError> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let performance = scope.performance().ok_or_else(|| missing("performance"))?;
    let messages = Listener::new(&scope, "message", |event: MessageEvent| {
        let port = event.ports().get(0).dyn_into().ok();
        match event
            .data()
            .dyn_into::<Uint8Array>()
            .map(|it| messages::decode(&it.to_vec()))
        {
            Ok(Some(message)) => with_shell(|shell| shell.handle_message(message, port)),
            _ => warn("ignored an invalid message from the page"),
        }
    });
    let shell = Shell {
        scope,
        performance,
        clock: SleepClock::default(),
        recorder: Recorder::with_parser(JSON),
        blocks: None,
        sockets: Vec::new(),
        timer: None,
        stores_transcripts: false,
        _messages: messages,
    };
    shell.send(&ToPage::Ready);
    SHELL.set(Some(shell));
    Ok(())
}

/// Runs `f` on the recorder. Calls must not be nested: no browser call made by the recorder calls
/// back synchronously.
fn with_shell(f: impl FnOnce(&mut Shell)) {
    SHELL.with_borrow_mut(|shell| {
        if let Some(shell) = shell {
            f(shell);
        }
    });
}

/// Passes an input to the recorder.
fn dispatch(input: Input<'_>) {
    with_shell(|shell| shell.handle(input));
}

/// Called when the timer fires.
fn timer_fired() {
    with_shell(|shell| {
        // A timer fires once. If it fired slightly early, a new one is set.
        shell.timer = None;
        shell.wake();
    });
}

impl Shell {
    fn handle_message(&mut self, message: ToRecorder, port: Option<MessagePort>) {
        let input = match message {
            ToRecorder::Configure(configure) => return self.configure(configure),
            ToRecorder::Pressed(Action::Record) => Input::Record,
            ToRecorder::Pressed(Action::Stop) => Input::Stop,
            ToRecorder::Pressed(Action::Pause) => Input::Pause,
            ToRecorder::Pressed(Action::Resume) => Input::Resume,
            ToRecorder::MicrophoneOpened { rate_hz } => {
                // Closes the previous microphone's port, so that none of its blocks counts as the
                // new microphone's.
                self.blocks = None;
                let blocks = port
                    .ok_or_else(|| missing("port"))
                    .map(|port| Blocks::listen(port, dispatch));
                self.blocks = ok_or_warn("no port for audio blocks", blocks);
                let recording = self.new_recording();
                Input::MicrophoneOpened { rate_hz, recording }
            }
            ToRecorder::MicrophoneFailed(failure) => Input::MicrophoneFailed(failure),
            ToRecorder::MicrophoneLost => Input::MicrophoneLost,
            ToRecorder::MicrophoneHeld(hold) => Input::MicrophoneHeld(hold),
            ToRecorder::DevicesChanged => Input::DevicesChanged,
            ToRecorder::Network { is_up: true } => Input::Online,
            ToRecorder::Network { is_up: false } => Input::Offline,
            ToRecorder::Shown => Input::Shown,
            ToRecorder::KeepRecording => Input::KeepRecording,
            ToRecorder::Leaving => Input::Leave,
        };
        self.handle(input);
    }

    /// Handles the page's first message. The answer is the first state, which enables the button.
    fn configure(&mut self, configure: Configure) {
        let Configure {
            chunk_ms,
            idle_secs,
            sessions,
            stores_transcripts,
        } = configure;
        self.stores_transcripts = stores_transcripts;
        self.recorder.continue_after(sessions);
        self.recorder.set_idle_secs(idle_secs);
        match ChunkLength::from_ms(chunk_ms) {
            Ok(chunk) => self.recorder.set_chunk(chunk),
            Err(_) => warn("chunk_ms from the server is invalid, using the default"),
        }
        self.send(&ToPage::Event(Event::State(State::Idle)));
    }

    /// Returns the id and the start time of a recording that begins now.
    fn new_recording(&self) -> RecordingInfo {
        let mut id = [0; 16];
        let drawn = self.scope.crypto();
        let drawn = drawn.and_then(|crypto| crypto.get_random_values_with_u8_array(&mut id));
        ok_or_warn("no random id for the recording", drawn);
        RecordingInfo {
            id: RecordingId(u128::from_be_bytes(id)),
            started_unix_ms: Date::now() as u64,
            // JavaScript counts the minutes from local time to UTC.
            utc_offset_min: -Date::new_0().get_timezone_offset() as i16,
        }
    }

    /// Handles what is due when the timer fires.
    fn wake(&mut self) {
        let unsent: Vec<_> = self.sockets.iter().map(Socket::unsent).collect();
        for unsent in unsent {
            self.step(unsent);
        }
        self.handle(Input::Wake);
    }

    /// Runs the core's loop: handles one input, performs all its effects, and sets the timer.
    fn handle(&mut self, input: Input<'_>) {
        let closed = match input {
            Input::SocketClosed { attempt, .. } => Some(attempt),
            _ => None,
        };
        self.step(input);
        if let Some(attempt) = closed {
            self.drop_socket(attempt);
        }
        let wake = self.recorder.next_wake();
        let now = self.now();
        // A timer that slept with the machine is late.
        let is_late = wake.is_some_and(|at| at <= now);
        if is_late || wake != self.timer.as_ref().map(Timer::at) {
            self.timer = wake.and_then(|at| Timer::set(&self.scope, now, at, timer_fired));
        }
    }

    fn step(&mut self, input: Input<'_>) {
        let now = self.now();
        self.recorder.handle(now, input);
        while let Some(effect) = self.recorder.next_effect() {
            self.perform(effect);
        }
    }

    fn now(&mut self) -> Moment {
        let millis = self.clock.read(self.performance.now(), Date::now());
        Moment::from_millis(millis)
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OpenMicrophone(device) => self.send(&ToPage::OpenMicrophone(device)),
            Effect::CloseMicrophone => self.send(&ToPage::CloseMicrophone),
            Effect::FetchToken { attempt, lease } => {
                spawn(token::fetch(attempt, lease, dispatch));
            }
            Effect::OpenSocket { attempt, url } => self.open_socket(attempt, &url),
            Effect::SendAudio { attempt, frame } => {
                self.send_frame(attempt, |socket| socket.send_binary(&frame));
            }
            Effect::Captured {
                first_sample,
                frame,
            } => captured(&frame, first_sample as f64),
            Effect::SendControl { attempt, text } => {
                self.send_frame(attempt, |socket| socket.send_text(&text));
            }
            Effect::CloseSocket(attempt) => self.drop_socket(attempt),
            Effect::ReportBegin { lease, model } => token::begin_recording(&lease, model),
            Effect::ProbeNetwork(attempt) => spawn(token::probe(attempt, dispatch)),
            Effect::ReleaseLease(lease) => token::end_recording(&lease),
            Effect::Event(event) => self.send(&ToPage::Event(event)),
            Effect::Log(line) => info(&line),
        }
    }

    fn open_socket(&mut self, attempt: Attempt, url: &str) {
        let opened = socket_url::resolve(&self.scope.location().href(), url)
            .and_then(|url| Socket::open(attempt, &url, dispatch));
        match opened {
            Ok(socket) => self.sockets.push(socket),
            // Logs only the name: the browser's message quotes the URL, which contains the token.
            Err(error) => {
                warn(&format!("the socket could not be opened: {}", error.name()));
                spawn(async move {
                    dispatch(Input::SocketClosed {
                        attempt,
                        code: 1006,
                        reason: "",
                    });
                });
            }
        }
    }

    fn send_frame(&self, attempt: Attempt, send: impl FnOnce(&Socket) -> Result<(), BrowserError>) {
        let mut sockets = self.sockets.iter();
        if let Some(socket) = sockets.find(|socket| socket.attempt() == attempt) {
            ok_or_warn("a frame was not sent", send(socket));
        }
    }

    fn drop_socket(&mut self, attempt: Attempt) {
        self.sockets.retain(|socket| socket.attempt() != attempt);
    }

    fn send(&self, message: &ToPage) {
        let bytes = messages::encode(message).unwrap_or_default();
        let kind = Kind::of(message).filter(|_| self.stores_transcripts);
        send(&bytes, kind.map_or(0, |kind| kind as u8));
    }
}

#[wasm_bindgen]
extern "C" {
    /// Stores a message if it has a [`Kind`] (otherwise 0), and posts it to the page. Defined in
    /// `recorder.js`, where storing takes a quarter of the bytes.
    #[wasm_bindgen(js_name = inturnSend)]
    fn send(bytes: &[u8], kind: u8);

    /// Keeps a chunk of the timeline, if the person wants that. Defined in `recorder.js`.
    #[wasm_bindgen(js_name = inturnCaptured)]
    fn captured(frame: &[u8], first_sample: f64);
}

fn missing(what: &str) -> BrowserError {
    JsValue::from(js_sys::Error::new(&format!("missing: {what}"))).into()
}
