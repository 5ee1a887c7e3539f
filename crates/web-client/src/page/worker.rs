//! The page's end of the recorder: starting its thread, speaking with it.

use inturn_page_core::messages::{self, ToPage, ToRecorder};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, CustomEventInit, Event, MessageEvent, MessagePort, Worker};
use web_sys::{WorkerOptions, WorkerType};

use super::document::window;
use crate::browser::{BrowserError, Exposed, Listener, check, warn};

/// The worker that records.
pub(super) struct RecorderWorker {
    worker: Worker,
    _exposed: Exposed,
    _messages: Listener,
    _errors: Listener,
}

#[wasm_bindgen]
extern "C" {
    /// The address of the JavaScript that wraps this module, under whatever name the build gave it.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static GLUE_URL: String;
}

impl RecorderWorker {
    /// Starts the thread with the very module this page runs, so that it is neither fetched nor
    /// compiled again, and calls `heard` with each message.
    pub(super) fn start(heard: impl Fn(ToPage) + 'static) -> Result<Self, BrowserError> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("recorder.js", &options)?;
        let messages = Listener::new(&worker, "message", move |event: MessageEvent| {
            match event
                .data()
                .dyn_into::<Uint8Array>()
                .map(|it| messages::decode(&it.to_vec()))
            {
                Ok(Some(message)) => heard(message),
                _ => warn("the recorder said something this page does not understand"),
            }
        })?;
        let errors = Listener::new(&worker, "error", |event: Event| {
            check("the recorder crashed", announce_crash(&event));
        })?;
        let boot = Object::new();
        Reflect::set(&boot, &"glue".into(), &GLUE_URL.with(String::clone).into())?;
        Reflect::set(&boot, &"module".into(), &wasm_bindgen::module())?;
        worker.post_message(&boot)?;
        Ok(Self {
            _exposed: Exposed::new("inturnRecorder", &worker),
            worker,
            _messages: messages,
            _errors: errors,
        })
    }

    pub(super) fn send(&self, message: &ToRecorder) {
        self.post(message, &Array::new());
    }

    /// Hands a port over with the message.
    pub(super) fn send_with_port(&self, message: &ToRecorder, port: &MessagePort) {
        self.post(message, &Array::of1(port));
    }

    fn post(&self, message: &ToRecorder, transfer: &Array) {
        let bytes = messages::encode(message).unwrap_or_default();
        let bytes = Uint8Array::from(bytes.as_slice());
        let posted = self
            .worker
            .post_message_with_transfer(&bytes.into(), transfer);
        check("the recorder could not be told", posted);
    }
}

impl Drop for RecorderWorker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Tells `crash.js`, which shows crashes of either thread. The event is an `ErrorEvent`, or has no
/// message if a script could not be loaded.
fn announce_crash(event: &Event) -> Result<(), BrowserError> {
    let init = CustomEventInit::new();
    init.set_detail(event);
    let crash = CustomEvent::new_with_event_init_dict("inturn:crash", &init)?;
    window()?.dispatch_event(&crash)?;
    Ok(())
}
