//! Starting the recorder's worker, and exchanging messages with it.

use inturn_page_core::{
    messages::{self, ToRecorder},
    page::Input,
};
use js_sys::{Array, Uint8Array};
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
    /// as this module. The script in `public/index.html` defines this function. It listens to the
    /// worker's messages too, for `inturn-web-documents`, and notifies `crash.js` of its errors.
    #[wasm_bindgen(catch, js_name = inturnStartRecorder)]
    fn start_recorder() -> Result<Worker, JsValue>;

    /// Posts the first message to the worker, from which `recorder.js` starts this module. It says
    /// too whether the person keeps the audio. Defined in the script in `public/index.html`.
    #[wasm_bindgen(catch, js_name = inturnBoot)]
    fn boot(worker: &Worker, glue: &str, module: &JsValue) -> Result<(), JsValue>;
}

impl RecorderWorker {
    /// Passes the compiled module of this page to the worker, so that it is neither fetched nor
    /// compiled again. Calls `on_input` with each message.
    pub(super) fn start(on_input: impl Fn(Input) + 'static) -> Result<Self, BrowserError> {
        let worker = start_recorder()?;
        boot(
            &worker,
            &GLUE_URL.with(String::clone),
            &wasm_bindgen::module(),
        )?;
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

/// The worker's property of the global object, which `crash.js` uses too.
const EXPOSED_NAME: &str = "inturnRecorder";
