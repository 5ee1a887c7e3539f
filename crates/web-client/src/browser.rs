//! Browser helpers for both shells: owned listeners, errors, console lines, requests to our server.

mod error;
mod exposed;
mod get;
mod json;
mod listener;
mod spawn;

pub(crate) use error::BrowserError;
pub(crate) use exposed::Exposed;
pub(crate) use get::get;
pub(crate) use json::JSON;
pub(crate) use listener::Listener;
pub(crate) use spawn::spawn;

/// Logs a line to the console, for support.
pub(crate) fn info(line: &str) {
    web_sys::console::info_1(&format!("inturn: {line}").into());
}

/// Logs a warning about an unexpected failure. The recording continues if possible.
pub(crate) fn warn(line: &str) {
    web_sys::console::warn_1(&format!("inturn: {line}").into());
}

/// Logs a warning with the exception that the browser threw.
pub(crate) fn warn_error(what: &str, error: &BrowserError) {
    warn(&format!("{what}: {error}"));
}

/// Returns the value of a result. On an error, logs it with [`warn_error`] and returns `None`.
pub(crate) fn ok_or_warn<T, E: Into<BrowserError>>(what: &str, outcome: Result<T, E>) -> Option<T> {
    outcome
        .map_err(|error| warn_error(what, &error.into()))
        .ok()
}

/// Installs a panic hook that logs the message to the console. Without it, a panic is only an
/// `unreachable` trap, which `crash.js` and `recorder.js` handle.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&format!("inturn: {panic}").into());
    }));
}
