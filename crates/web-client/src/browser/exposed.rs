//! Objects that plain JavaScript can use after this module has crashed.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// A property of the global object. Dropping this value deletes the property.
///
/// After a panic no code of this module may run. `crash.js` and `recorder.js` then use these
/// properties to turn the microphone off and to end the session.
pub(crate) struct Exposed(&'static str);

impl Exposed {
    /// Sets `globalThis[name]`.
    pub(crate) fn new(name: &'static str, value: &JsValue) -> Self {
        // Cannot fail: the global object is extensible.
        let _ = Reflect::set(&js_sys::global(), &name.into(), value);
        Self(name)
    }
}

impl Drop for Exposed {
    fn drop(&mut self) {
        let _ = Reflect::delete_property(&js_sys::global(), &self.0.into());
    }
}
