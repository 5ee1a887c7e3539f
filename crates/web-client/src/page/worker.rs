//! Starting the recorder's worker, and exchanging messages with it.

use inturn_page_core::{
    messages::{self, ToRecorder},
    page::Input,
};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort, Worker};

use crate::browser::{BrowserError, Exposed, Listener, ok_or_warn, warn};

/// The recorder's worker. Dropping it terminates the worker.
pub(super) struct RecorderWorker {
    worker: Worker,
    _exposed: Exposed,
    _messages: Listener,
}

#[wasm_bindgen]
extern "C" {
    /// The URL of the JavaScript that wraps this module. Its name contains a hash of the build.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static GLUE_URL: String;

    /// Returns a worker that runs `recorder.js`: at first the one that was started at the same time
    /// as this module. The script in `Trunk.toml` defines this function. It listens to the worker's
    /// messages too, for `inturn-web-documents`, and notifies `crash.js` of its errors.
    #[wasm_bindgen(catch, js_name = inturnStartRecorder)]
    fn start_recorder() -> Result<Worker, JsValue>;
}

impl RecorderWorker {
    /// Passes the compiled module of this page to the worker, so that it is neither fetched nor
    /// compiled again. Calls `on_input` with each message.
    pub(super) fn start(on_input: impl Fn(Input) + 'static) -> Result<Self, BrowserError> {
        let boot = boot_message()?;
        let worker = start_recorder()?;
        let messages = Listener::new(&worker, "message", move |event: MessageEvent| {
            match event
                .data()
                .dyn_into::<Uint8Array>()
                .map(|it| messages::decode(&it.to_vec()))
            {
                Ok(Some(message)) => on_input(Input::Recorder(message)),
                Ok(None) => warn("ignored an invalid message from the recorder"),
                // `store.js` and `recorder.js` post the only other message.
                Err(_) => on_input(Input::Unstored),
            }
        });
        worker.post_message(&boot)?;
        Ok(Self {
            _exposed: Exposed::new(EXPOSED_NAME, &worker),
            worker,
            _messages: messages,
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

/// The worker's property of the global object, which `crash.js` uses too.
const EXPOSED_NAME: &str = "inturnRecorder";
