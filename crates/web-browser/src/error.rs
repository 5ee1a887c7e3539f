//! Exceptions of browser calls as a Rust error.

use std::fmt;

use wasm_bindgen::prelude::*;

/// An exception that a browser call threw.
#[derive(Debug)]
pub struct BrowserError(JsValue);

impl BrowserError {
    /// Returns the exception's name, such as `NotAllowedError`; empty if it has none.
    pub fn name(&self) -> String {
        let error = self.0.dyn_ref::<js_sys::Error>();
        error.map_or_else(String::new, |error| error.name().into())
    }

    fn message(&self) -> String {
        match self.0.dyn_ref::<js_sys::Error>() {
            Some(error) => error.message().into(),
            None => self.0.as_string().unwrap_or_default(),
        }
    }
}

impl From<JsValue> for BrowserError {
    fn from(exception: JsValue) -> Self {
        Self(exception)
    }
}

impl From<BrowserError> for JsValue {
    fn from(error: BrowserError) -> Self {
        js_sys::Error::new(&error.to_string()).into()
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.message())
    }
}
