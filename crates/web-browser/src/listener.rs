//! An event listener that is removed when its owner is dropped.

use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget};

/// An event listener. Dropping it removes the listener.
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `callback` at each `event` of `target`.
    pub fn new<T: JsCast>(
        target: &impl AsRef<EventTarget>,
        event: &'static str,
        mut callback: impl FnMut(T) + 'static,
    ) -> Self {
        // The event's name determines its interface, so the cast is correct.
        let callback = Closure::new(move |event: Event| callback(event.unchecked_into()));
        Self::add(target.as_ref().clone(), event, callback)
    }

    fn add(target: EventTarget, event: &'static str, callback: Closure<dyn FnMut(Event)>) -> Self {
        // Cannot fail for a function.
        let _ = target.add_event_listener_with_callback(event, as_function(&callback));
        Self {
            target,
            event,
            callback,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = as_function(&self.callback);
        // Cannot fail for an existing target.
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, function);
    }
}

fn as_function(callback: &Closure<dyn FnMut(Event)>) -> &js_sys::Function {
    callback.as_ref().unchecked_ref()
}
