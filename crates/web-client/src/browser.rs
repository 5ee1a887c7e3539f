//! Browser helpers for both shells: those of `inturn-web-browser`, the browser's JSON parser, and
//! requests to our server.

mod exposed;
mod get;
mod json;

pub(crate) use inturn_web_browser::{
    BrowserError, Listener, info, ok_or_warn, spawn, warn, warn_error,
};

pub(crate) use self::{exposed::Exposed, get::get, json::JSON};

/// Installs a panic hook that logs the message to the console. Without it, a panic is only an
/// `unreachable` trap, which `crash.js` and `recorder.js` handle.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&format!("inturn: {panic}").into());
    }));
}
