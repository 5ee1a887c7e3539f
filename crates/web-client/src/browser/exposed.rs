//! What must be within reach of plain JavaScript when this module has crashed.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// A property of the global object, for as long as it is held.
///
/// After a panic nothing of this module may run; `crash.js` and `recorder.js` then use what stands
/// here to turn the microphone off and to end the session.
pub(crate) struct Exposed(&'static str);

impl Exposed {
    /// Sets `globalThis[name]`.
    pub(crate) fn new(name: &'static str, value: &JsValue) -> Self {
        // The global object takes any property.
        let _ = Reflect::set(&js_sys::global(), &name.into(), value);
        Self(name)
    }
}

impl Drop for Exposed {
    fn drop(&mut self) {
        let _ = Reflect::delete_property(&js_sys::global(), &self.0.into());
    }
}
