//! Exceptions of browser calls as a Rust error.

use std::fmt;

use wasm_bindgen::prelude::*;

/// An exception that a browser call threw.
#[derive(Debug)]
pub(crate) struct BrowserError {
    /// The exception's name, such as `NotAllowedError`; empty if it has none.
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
