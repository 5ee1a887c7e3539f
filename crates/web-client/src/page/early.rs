//! What `press.js` leaves if Record is pressed before this module is ready: the microphone that it
//! has opened, and the page's configuration.

use std::rc::Rc;

use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioContext, AudioWorkletNode, MediaStream, MediaStreamAudioSourceNode};

use super::audio_graph::AudioGraph;
use crate::browser::BrowserError;

/// An early microphone, from the forwarded press on. Dropping it releases the microphone, unless it
/// was adopted.
pub(super) struct Early(EarlyMicrophone);

#[wasm_bindgen]
extern "C" {
    /// The class of this name in `press.js`.
    #[derive(Clone)]
    pub(super) type EarlyMicrophone;

    #[wasm_bindgen(method, getter)]
    fn context(this: &EarlyMicrophone) -> AudioContext;

    #[wasm_bindgen(method, getter)]
    fn worklet(this: &EarlyMicrophone) -> Promise;

    #[wasm_bindgen(method, getter, js_name = opened)]
    fn opened_promise(this: &EarlyMicrophone) -> Promise;

    /// Exists once it is open.
    #[wasm_bindgen(method, getter)]
    pub(super) fn stream(this: &EarlyMicrophone) -> MediaStream;

    /// Exists once it is open.
    #[wasm_bindgen(method, getter)]
    pub(super) fn source(this: &EarlyMicrophone) -> MediaStreamAudioSourceNode;

    /// Exists once it is open. Its worklet keeps all blocks until it gets its port.
    #[wasm_bindgen(method, getter)]
    pub(super) fn node(this: &EarlyMicrophone) -> AudioWorkletNode;

    /// Makes `release` do nothing, because the caller releases everything.
    #[wasm_bindgen(method)]
    pub(super) fn adopt(this: &EarlyMicrophone);

    #[wasm_bindgen(method)]
    fn release(this: &EarlyMicrophone);
}

impl EarlyMicrophone {
    /// Waits until it is open. Returns `false` if the microphone must be opened in the usual way.
    ///
    /// # Errors
    ///
    /// The error of `getUserMedia`.
    pub(super) async fn opened(&self) -> Result<bool, BrowserError> {
        Ok(JsFuture::from(self.opened_promise()).await?.is_truthy())
    }
}

impl Early {
    /// Returns the early microphone, once. `None` if Record was not pressed early.
    pub(super) fn take() -> Option<Self> {
        Some(Self(take("inturnEarly")?.unchecked_into()))
    }

    /// Its audio graph. It was created in the click.
    pub(super) fn graph(&self) -> Rc<AudioGraph> {
        AudioGraph::with_worklet(self.0.context(), self.0.worklet())
    }

    /// Returns the object of `press.js`.
    pub(super) fn microphone(&self) -> EarlyMicrophone {
        self.0.clone()
    }
}

/// Returns the status and the body of the page's configuration, once. `None` if `press.js` has not
/// received it.
pub(super) fn config() -> Option<(u16, String)> {
    let response = take("inturnConfig")?;
    let property = |name: &str| Reflect::get(&response, &name.into()).ok();
    let status = property("status")?.as_f64()? as u16;
    Some((status, property("body")?.as_string()?))
}

/// Removes and returns a property of the global object, if it is an object.
fn take(name: &str) -> Option<JsValue> {
    let (global, name) = (js_sys::global(), JsValue::from(name));
    let value = Reflect::get(&global, &name).ok()?;
    // Cannot fail: the property is configurable.
    let _ = Reflect::delete_property(&global, &name);
    value.is_object().then_some(value)
}

impl Drop for Early {
    fn drop(&mut self) {
        self.0.release();
    }
}
