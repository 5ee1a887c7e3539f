//! Objects that plain JavaScript can use after this module has crashed.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// A property of the global object. Dropping this value deletes the property, unless a later one
/// has replaced it.
///
/// After a panic no code of this module may run. `crash.js` and `recorder.js` then use these
/// properties to turn the microphone off and to end the session.
pub(crate) struct Exposed {
    name: &'static str,
    value: JsValue,
}

impl Exposed {
    /// Sets `globalThis[name]`.
    pub(crate) fn new(name: &'static str, value: &JsValue) -> Self {
        // Cannot fail: the global object is extensible.
        let _ = Reflect::set(&js_sys::global(), &name.into(), value);
        let value = value.clone();
        Self { name, value }
    }
}

impl Drop for Exposed {
    fn drop(&mut self) {
        let global = js_sys::global();
        let name = self.name.into();
        if Reflect::get(&global, &name).is_ok_and(|it| Object::is(&it, &self.value)) {
            let _ = Reflect::delete_property(&global, &name);
        }
    }
}
