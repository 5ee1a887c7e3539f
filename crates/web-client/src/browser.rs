//! What both shells need of the browser: owned listeners, errors, logs.

mod error;
mod exposed;
mod get;
mod listener;

pub(crate) use error::BrowserError;
pub(crate) use exposed::Exposed;
pub(crate) use get::get;
pub(crate) use listener::Listener;

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
