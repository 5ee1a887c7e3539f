//! What both shells need of the browser: owned listeners, errors, logs.

mod exposed;
mod get;
mod listener;

use std::fmt;

use wasm_bindgen::prelude::*;

pub(crate) use exposed::Exposed;
pub(crate) use get::get;
pub(crate) use listener::Listener;

/// What a browser call threw.
#[derive(Debug)]
pub(crate) struct BrowserError {
    /// The exception's name, such as `NotAllowedError`; empty where it has none.
    pub(crate) name: String,
    message: String,
}

impl From<JsValue> for BrowserError {
    fn from(value: JsValue) -> Self {
        match value.dyn_ref::<js_sys::Error>() {
            Some(error) => Self {
                name: error.name().into(),
                message: error.message().into(),
            },
            None => Self {
                name: String::new(),
                message: value.as_string().unwrap_or_default(),
            },
        }
    }
}

impl From<BrowserError> for JsValue {
    fn from(error: BrowserError) -> Self {
        js_sys::Error::new(&error.to_string()).into()
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

/// A line in the console that a person who helps somebody may ask for.
pub(crate) fn note(line: &str) {
    web_sys::console::info_1(&format!("inturn: {line}").into());
}

/// Something failed that should not; the recording goes on if it can.
pub(crate) fn warn(line: &str) {
    web_sys::console::warn_1(&format!("inturn: {line}").into());
}

/// As [`warn`], with what the browser threw.
pub(crate) fn failed(what: &str, error: &BrowserError) {
    warn(&format!("{what}: {error}"));
}

/// What a call gave, if it did not fail; if it did, [`failed`].
pub(crate) fn check<T, E: Into<BrowserError>>(what: &str, outcome: Result<T, E>) -> Option<T> {
    outcome.map_err(|error| failed(what, &error.into())).ok()
}

/// Has panics tell their message on the console before they become a bare `unreachable`, which
/// `crash.js` and `recorder.js` then see.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&format!("inturn: {panic}").into());
    }));
}
