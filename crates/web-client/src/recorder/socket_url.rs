//! The URL of the socket.

use web_sys::Url;

use crate::browser::BrowserError;

/// Resolves the URL from the server against the page's URL, and changes its scheme to that of a
/// WebSocket. The server cannot do this, because behind a proxy it knows neither the page's scheme
/// and host nor its prefix.
pub(super) fn resolve(base: &str, url: &str) -> Result<String, BrowserError> {
    let url = Url::new_with_base(url, base)?;
    match url.protocol().as_str() {
        "http:" => url.set_protocol("ws:"),
        "https:" => url.set_protocol("wss:"),
        _ => {}
    }
    Ok(url.href())
}
