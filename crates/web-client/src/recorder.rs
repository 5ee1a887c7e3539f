//! The recorder: audio in, socket out, in a thread of its own.

mod blocks;
mod link;
mod socket;
mod timer;
mod token;

use std::cell::RefCell;

use inturn_client_core::Moment;
use inturn_client_core::audio::ChunkLength;
use inturn_client_core::recording::{Recording, RecordingId, RecordingInfo};
use inturn_client_core::session::{Attempt, Effect, Event, Input, Recorder, State};
use inturn_page_core::messages::{self, Configure, ToPage, ToRecorder};
use inturn_page_core::view::Action;
use js_sys::{Date, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort, Performance};

use self::blocks::Blocks;
use self::socket::Socket;
use self::timer::Timer;
use crate::browser::{BrowserError, Listener, check, note, warn};

thread_local! {
    /// The one recorder of this thread, from its start until the worker goes.
    static SHELL: RefCell<Option<Shell>> = const { RefCell::new(None) };
}

/// Everything the recorder owns.
struct Shell {
    scope: DedicatedWorkerGlobalScope,
    clock: Performance,
    recorder: Recorder,
    blocks: Option<Blocks>,
    /// Those that are opening or open: one, or two while one session takes over from another.
    sockets: Vec<Socket>,
    timer: Option<Timer>,
    _messages: Listener,
}

/// Starts listening to the page.
pub(crate) fn start() -> Result<(), BrowserError> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let clock = scope.performance().ok_or_else(|| no("performance"))?;
    let messages = Listener::new(&scope, "message", |event: MessageEvent| {
        let port = event.ports().get(0).dyn_into().ok();
        match event
            .data()
            .dyn_into::<Uint8Array>()
            .map(|it| messages::decode(&it.to_vec()))
        {
            Ok(Some(message)) => with_shell(|shell| shell.page_says(message, port)),
            _ => warn("the page said something the recorder does not understand"),
        }
    })?;
    let shell = Shell {
        scope,
        clock,
        recorder: Recorder::default(),
        blocks: None,
        sockets: Vec::new(),
        timer: None,
        _messages: messages,
    };
    shell.tell_page(&ToPage::Ready);
    SHELL.set(Some(shell));
    Ok(())
}

/// Runs `f` on the recorder. Nothing the recorder calls comes back to it within the same call.
fn with_shell(f: impl FnOnce(&mut Shell)) {
    SHELL.with_borrow_mut(|shell| {
        if let Some(shell) = shell {
            f(shell);
        }
    });
}

/// Something happened outside the page.
fn happened(input: Input<'_>) {
    with_shell(|shell| shell.take(input));
}

/// The timer has come.
fn timer_fired() {
    with_shell(|shell| {
        // It has fired and is gone, even if it fired a little early.
        shell.timer = None;
        shell.wake();
    });
}

impl Shell {
    fn page_says(&mut self, message: ToRecorder, port: Option<MessagePort>) {
        match message {
            ToRecorder::Configure(configure) => self.configure(configure),
            ToRecorder::Pressed(Action::Record) => self.take(Input::Record),
            ToRecorder::Pressed(Action::Stop) => self.take(Input::Stop),
            ToRecorder::MicrophoneOpened { rate_hz } => {
                // Nothing of the microphone before may be taken for the present one's.
                self.blocks = None;
                let blocks = port
                    .ok_or_else(|| no("port"))
                    .and_then(|port| Blocks::listen(port, happened));
                self.blocks = check("no audio will come", blocks);
                let recording = self.new_recording();
                self.take(Input::MicrophoneOpened { rate_hz, recording });
            }
            ToRecorder::MicrophoneFailed(failure) => self.take(Input::MicrophoneFailed(failure)),
            ToRecorder::MicrophoneLost => self.take(Input::MicrophoneLost),
            ToRecorder::Leaving => self.take(Input::Leave),
        }
    }

    /// The page's first message; the first state is the answer, and brings the button to life.
    fn configure(&mut self, configure: Configure) {
        let Configure {
            chunk_ms,
            sessions,
            last,
        } = configure;
        let (info, transcript) = last.unwrap_or_default();
        let recording = Recording::restored(info, transcript);
        self.recorder.restore(recording, sessions);
        match ChunkLength::from_ms(chunk_ms) {
            Ok(chunk) => self.recorder.set_chunk(chunk),
            Err(_) => warn("the server's length of chunks is none, going on with another"),
        }
        self.tell_page(&ToPage::Event(Event::State(State::Idle)));
    }

    /// What the recording that begins now is known by.
    fn new_recording(&self) -> RecordingInfo {
        let mut id = [0; 16];
        let drawn = self.scope.crypto();
        let drawn = drawn.and_then(|crypto| crypto.get_random_values_with_u8_array(&mut id));
        check("the recording has no id of its own", drawn);
        RecordingInfo {
            id: RecordingId(u128::from_be_bytes(id)),
            started_unix_ms: Date::now() as u64,
        }
    }

    /// Does what is due.
    fn wake(&mut self) {
        let unsent: Vec<_> = self.sockets.iter().map(Socket::unsent).collect();
        for unsent in unsent {
            self.give(unsent);
        }
        self.take(Input::Wake);
    }

    /// The run loop of the core: one input, all its effects, the next wake.
    fn take(&mut self, input: Input<'_>) {
        let closed = match input {
            Input::SocketClosed { attempt, .. } => Some(attempt),
            _ => None,
        };
        self.give(input);
        if let Some(attempt) = closed {
            self.drop_socket(attempt);
        }
        let wake = self.recorder.next_wake();
        if wake != self.timer.as_ref().map(Timer::at) {
            let now = Moment::from_millis(self.clock.now());
            self.timer = wake.and_then(|at| Timer::set(&self.scope, now, at, timer_fired));
        }
    }

    fn give(&mut self, input: Input<'_>) {
        self.recorder
            .handle(Moment::from_millis(self.clock.now()), input);
        while let Some(effect) = self.recorder.next_effect() {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OpenMicrophone => self.tell_page(&ToPage::OpenMicrophone),
            Effect::CloseMicrophone => self.tell_page(&ToPage::CloseMicrophone),
            Effect::FetchToken(attempt) => spawn_local(token::fetch(attempt, happened)),
            Effect::OpenSocket { attempt, url } => self.open_socket(attempt, &url),
            Effect::SendAudio { attempt, frame } => {
                self.send(attempt, |socket| socket.send_binary(&frame));
            }
            Effect::SendControl { attempt, text } => {
                self.send(attempt, |socket| socket.send_text(&text));
            }
            Effect::CloseSocket(attempt) => self.drop_socket(attempt),
            Effect::ReportBegin { lease, model } => token::begin_recording(&lease, model),
            Effect::ProbeNetwork(attempt) => spawn_local(token::probe(attempt, happened)),
            Effect::ReleaseLease(lease) => token::end_recording(&lease),
            Effect::Event(event) => self.tell_page(&ToPage::Event(event)),
            Effect::Log(line) => note(&line),
        }
    }

    fn open_socket(&mut self, attempt: Attempt, url: &str) {
        let opened = link::resolve(&self.scope.location().href(), url)
            .and_then(|url| Socket::open(attempt, &url, happened));
        match opened {
            Ok(socket) => self.sockets.push(socket),
            // The browser's message would quote the URL, and the URL holds the token.
            Err(error) => {
                warn(&format!("the socket could not be opened: {}", error.name));
                spawn_local(async move {
                    happened(Input::SocketClosed {
                        attempt,
                        code: 1006,
                        reason: "",
                    });
                });
            }
        }
    }

    fn send(&self, attempt: Attempt, send: impl FnOnce(&Socket) -> Result<(), BrowserError>) {
        let mut sockets = self.sockets.iter();
        if let Some(socket) = sockets.find(|socket| socket.attempt() == attempt) {
            check("a frame was not sent", send(socket));
        }
    }

    fn drop_socket(&mut self, attempt: Attempt) {
        self.sockets.retain(|socket| socket.attempt() != attempt);
    }

    fn tell_page(&self, message: &ToPage) {
        let bytes = messages::encode(message).unwrap_or_default();
        let bytes = Uint8Array::from(bytes.as_slice());
        let posted = self.scope.post_message(&bytes.into());
        check("the page could not be told", posted);
    }
}

fn no(what: &str) -> BrowserError {
    JsValue::from(js_sys::Error::new(&format!("missing: {what}"))).into()
}
