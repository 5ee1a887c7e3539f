//! The socket's address.

use web_sys::Url;

use crate::browser::BrowserError;

/// Resolves what the server gave against the page, whose scheme, host and prefix only the browser
/// knows, and makes it a socket's address.
pub(super) fn resolve(base: &str, url: &str) -> Result<String, BrowserError> {
    let url = Url::new_with_base(url, base)?;
    match url.protocol().as_str() {
        "http:" => url.set_protocol("ws:"),
        "https:" => url.set_protocol("wss:"),
        _ => {}
    }
    Ok(url.href())
}
