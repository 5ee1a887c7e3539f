//! The recorder's messages, from the page's start on.

use inturn_page_core::messages::ToPage;
use inturn_stored::{StorageFailure, decode_for_follower};
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The messages since the start that change the document, kept by the script in
    /// `public/index.html`.
    #[wasm_bindgen(thread_local_v2, js_name = inturnKept)]
    static KEPT: Array;
}

/// What the recorder sends.
pub(crate) enum Received {
    /// A message of its module that matters here.
    Message(ToPage),
    /// Its script can't store the recording.
    Unstored(StorageFailure),
}

/// Receives the messages. It lives as long as the page: no other script would keep the messages
/// that come after it.
pub(crate) struct Messages {
    _receiver: Closure<dyn FnMut(JsValue)>,
}

impl Messages {
    /// Calls `receive` with each message from now on.
    pub(crate) fn receive(mut receive: impl FnMut(Received) + 'static) -> Result<Self, JsValue> {
        let receiver = Closure::new(move |data| {
            if let Some(received) = received(data) {
                receive(received);
            }
        });
        Reflect::set(&js_sys::global(), &RECEIVER.into(), receiver.as_ref())?;
        Ok(Self {
            _receiver: receiver,
        })
    }
}

/// Returns the messages that were kept before, in order.
pub(crate) fn kept() -> Vec<Received> {
    KEPT.with(|kept| {
        let messages = kept.iter().filter_map(received).collect();
        kept.set_length(0);
        messages
    })
}

/// Returns `None` for a message of another script.
fn received(data: JsValue) -> Option<Received> {
    match data.dyn_into::<Uint8Array>() {
        Ok(bytes) => decode_for_follower(&bytes.to_vec()).map(Received::Message),
        Err(data) => {
            // Fails for a value that is not an object.
            let is_failure = Reflect::has(&data, &UNSTORED.into()).ok()?;
            let name = Reflect::get(&data, &UNSTORED.into()).ok()?.as_string();
            let failure = StorageFailure::from_exception(&name.unwrap_or_default());
            is_failure.then_some(Received::Unstored(failure))
        }
    }
}

/// The function that the script in `public/index.html` calls with each message.
const RECEIVER: &str = "inturnReceive";

/// The property that has the name of the exception, in a message of `store.js`.
const UNSTORED: &str = "unstored";
