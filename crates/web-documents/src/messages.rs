//! The recorder's messages, from the page's start on.

use inturn_page_core::messages::{ToPage, decode};
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The messages since the start that change the document, kept by the script in `Trunk.toml`.
    #[wasm_bindgen(thread_local_v2, js_name = inturnKept)]
    static KEPT: Array;
}

/// Receives the messages. It lives as long as the page: no other script would keep the messages
/// that come after it.
pub(crate) struct Messages {
    _receiver: Closure<dyn FnMut(JsValue)>,
}

impl Messages {
    /// Calls `receive` with each message from now on.
    pub(crate) fn receive(mut receive: impl FnMut(ToPage) + 'static) -> Result<Self, JsValue> {
        let receiver = Closure::new(move |data| {
            if let Some(message) = message(data) {
                receive(message);
            }
        });
        Reflect::set(&js_sys::global(), &RECEIVER.into(), receiver.as_ref())?;
        Ok(Self {
            _receiver: receiver,
        })
    }
}

/// Returns the messages that were kept before, in order.
pub(crate) fn kept() -> Vec<ToPage> {
    KEPT.with(|kept| {
        let messages = kept.iter().filter_map(message).collect();
        kept.set_length(0);
        messages
    })
}

/// Returns `None` for a message of another script. The first module reports it.
fn message(data: JsValue) -> Option<ToPage> {
    decode(&data.dyn_into::<Uint8Array>().ok()?.to_vec())
}

/// The function that the script in `Trunk.toml` calls with each message.
const RECEIVER: &str = "inturnReceive";
