//! The recorder: audio in, socket out, in a thread of its own.

mod blocks;
mod link;
mod socket;
mod timer;
mod token;

use std::cell::RefCell;

use inturn_client_core::Moment;
use inturn_client_core::audio::ChunkLength;
use inturn_client_core::bridge::{self, ToPage, ToRecorder};
use inturn_client_core::session::{Attempt, Effect, Input, Recorder};
use inturn_client_core::view::{Action, StateView, ViewChange};
use js_sys::Uint8Array;
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
    socket: Option<Socket>,
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
            .map(|it| bridge::decode(&it.to_vec()))
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
        socket: None,
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
            ToRecorder::Configure { chunk_ms, sessions } => self.configure(chunk_ms, sessions),
            ToRecorder::Pressed(Action::Record) => self.take(Input::Record),
            ToRecorder::Pressed(Action::Stop) => self.take(Input::Stop),
            ToRecorder::MicrophoneOpened { rate_hz } => {
                // Nothing of the microphone before may be taken for the present one's.
                self.blocks = None;
                let blocks = port
                    .ok_or_else(|| no("port"))
                    .and_then(|port| Blocks::listen(port, happened));
                self.blocks = check("no audio will come", blocks);
                self.take(Input::MicrophoneOpened { rate_hz });
            }
            ToRecorder::MicrophoneFailed(failure) => self.take(Input::MicrophoneFailed(failure)),
            ToRecorder::MicrophoneLost => self.take(Input::MicrophoneLost),
            ToRecorder::Leaving => self.take(Input::Leave),
        }
    }

    /// The page's greeting; the first state is the answer, and brings the button to life.
    fn configure(&mut self, chunk_ms: u32, sessions: u32) {
        self.recorder.set_sessions(sessions);
        match ChunkLength::from_ms(chunk_ms) {
            Ok(chunk) => self.recorder.set_chunk(chunk),
            Err(_) => warn("the server's length of chunks is none, going on with another"),
        }
        self.tell_page(&ToPage::View(ViewChange::State(StateView::idle())));
    }

    /// Does what is due.
    fn wake(&mut self) {
        if let Some(unsent) = self.socket.as_ref().map(Socket::unsent) {
            self.give(unsent);
        }
        self.take(Input::Wake);
    }

    /// The run loop of the core: one input, all its effects, the next wake.
    fn take(&mut self, input: Input<'_>) {
        self.give(input);
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
            Effect::SendAudio(frame) => self.send(|socket| socket.send_binary(&frame)),
            Effect::SendControl(text) => self.send(|socket| socket.send_text(&text)),
            Effect::CloseSocket => self.socket = None,
            Effect::BeginRecording { recording, model } => {
                token::begin_recording(&recording, model)
            }
            Effect::ProbeNetwork(attempt) => spawn_local(token::probe(attempt, happened)),
            Effect::EndRecording(id) => token::end_recording(&id),
            Effect::View(change) => self.tell_page(&ToPage::View(change)),
            Effect::Note(line) => note(&line),
        }
    }

    fn open_socket(&mut self, attempt: Attempt, url: &str) {
        let opened = link::resolve(&self.scope.location().href(), url)
            .and_then(|url| Socket::open(attempt, &url, happened));
        match opened {
            Ok(socket) => self.socket = Some(socket),
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

    fn send(&self, send: impl FnOnce(&Socket) -> Result<(), BrowserError>) {
        if let Some(socket) = &self.socket {
            check("a frame was not sent", send(socket));
        }
    }

    fn tell_page(&self, message: &ToPage) {
        let bytes = bridge::encode(message).unwrap_or_default();
        let bytes = Uint8Array::from(bytes.as_slice());
        let posted = self.scope.post_message(&bytes.into());
        check("the page could not be told", posted);
    }
}

fn no(what: &str) -> BrowserError {
    JsValue::from(js_sys::Error::new(&format!("missing: {what}"))).into()
}
