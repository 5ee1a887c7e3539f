//! Lines in the console.

use crate::error::BrowserError;

/// Logs a line to the console, for support.
pub fn info(line: &str) {
    web_sys::console::info_1(&format!("inturn: {line}").into());
}

/// Logs a warning about an unexpected failure. The recording continues if possible.
pub fn warn(line: &str) {
    web_sys::console::warn_1(&format!("inturn: {line}").into());
}

/// Logs a warning with the exception that the browser threw.
pub fn warn_error(what: &str, error: &BrowserError) {
    warn(&format!("{what}: {error}"));
}

/// Returns the value of a result. On an error, logs it with [`warn_error`] and returns `None`.
pub fn ok_or_warn<T, E: Into<BrowserError>>(what: &str, outcome: Result<T, E>) -> Option<T> {
    outcome
        .map_err(|error| warn_error(what, &error.into()))
        .ok()
}
