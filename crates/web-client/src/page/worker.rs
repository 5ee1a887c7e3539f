//! Starting the recorder's worker, and exchanging messages with it.

use inturn_page_core::messages::{self, ToPage, ToRecorder};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{
    CustomEvent, CustomEventInit, Event, MessageEvent, MessagePort, Worker, WorkerOptions,
    WorkerType,
};

use super::document::window;
use crate::browser::{BrowserError, Exposed, Listener, ok_or_warn, warn};

/// The recorder's worker. Dropping it terminates the worker.
pub(super) struct RecorderWorker {
    worker: Worker,
    _exposed: Exposed,
    _messages: Listener,
    _errors: Listener,
}

#[wasm_bindgen]
extern "C" {
    /// The URL of the JavaScript that wraps this module. Its name contains a hash of the build.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static GLUE_URL: String;
}

impl RecorderWorker {
    /// Passes the compiled module of this page to the worker, so that it is neither fetched nor
    /// compiled again. Calls `on_message` with each message.
    pub(super) fn start(on_message: impl Fn(ToPage) + 'static) -> Result<Self, BrowserError> {
        let boot = boot_message()?;
        let worker = match started_early() {
            Some(worker) => worker,
            None => {
                let options = WorkerOptions::new();
                options.set_type(WorkerType::Module);
                Worker::new_with_options("recorder.js", &options)?
            }
        };
        let messages = Listener::new(&worker, "message", move |event: MessageEvent| {
            match event
                .data()
                .dyn_into::<Uint8Array>()
                .map(|it| messages::decode(&it.to_vec()))
            {
                Ok(Some(message)) => on_message(message),
                _ => warn("ignored an invalid message from the recorder"),
            }
        });
        let errors = Listener::new(&worker, "error", |event: Event| {
            ok_or_warn("the recorder crashed", announce_crash(&event));
        });
        worker.post_message(&boot)?;
        Ok(Self {
            _exposed: Exposed::new(EXPOSED_NAME, &worker),
            worker,
            _messages: messages,
            _errors: errors,
        })
    }

    pub(super) fn send(&self, message: &ToRecorder) {
        self.post(message, &Array::new());
    }

    /// Sends a message and transfers a port with it.
    pub(super) fn send_with_port(&self, message: &ToRecorder, port: &MessagePort) {
        self.post(message, &Array::of1(port));
    }

    fn post(&self, message: &ToRecorder, transfer: &Array) {
        let bytes = messages::encode(message).unwrap_or_default();
        let bytes = Uint8Array::from(bytes.as_slice());
        let posted = self
            .worker
            .post_message_with_transfer(&bytes.into(), transfer);
        ok_or_warn("sending a message to the recorder failed", posted);
    }
}

impl Drop for RecorderWorker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Returns the first message, from which `recorder.js` starts this module.
fn boot_message() -> Result<Object, BrowserError> {
    let boot = Object::new();
    Reflect::set(&boot, &"glue".into(), &GLUE_URL.with(String::clone).into())?;
    Reflect::set(&boot, &"module".into(), &wasm_bindgen::module())?;
    Ok(boot)
}

/// Returns the worker that the script in `Trunk.toml` has started, at the same time as this module.
/// A later one is started here: the property is deleted with the first.
fn started_early() -> Option<Worker> {
    Reflect::get(&js_sys::global(), &EXPOSED_NAME.into())
        .ok()?
        .dyn_into()
        .ok()
}

/// Notifies `crash.js`, which shows crashes of either thread. The event is an `ErrorEvent`; if a
/// script could not be loaded, it is a plain event without a message.
fn announce_crash(event: &Event) -> Result<(), BrowserError> {
    let init = CustomEventInit::new();
    init.set_detail(event);
    let crash = CustomEvent::new_with_event_init_dict("inturn:crash", &init)?;
    window().dispatch_event(&crash)?;
    Ok(())
}

/// The worker's property of the global object, which `crash.js` uses too.
const EXPOSED_NAME: &str = "inturnRecorder";
