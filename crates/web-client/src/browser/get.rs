//! GET requests to our server.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Request, RequestInit, RequestRedirect, Response};

/// Returns the status and the body of the response, or `None` if none arrives before the timeout.
/// The URL is relative to the page, which may be served under any prefix.
///
/// Redirects are not followed and have status 0. Our server sends none for these requests. A
/// redirect of a proxy leads to its sign-in page, and if that is on another host, the browser would
/// hide the response.
pub(crate) async fn get(
    url: &str,
    header: Option<(&str, &str)>,
    timeout_ms: u32,
) -> Option<(u16, String)> {
    let init = RequestInit::new();
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(timeout_ms)));
    let request = Request::new_with_str_and_init(url, &init).ok()?;
    if let Some((name, value)) = header {
        request.headers().set(name, value).ok()?;
    }
    let response: Response = JsFuture::from(fetch(&request)).await.ok()?.unchecked_into();
    let body = JsFuture::from(response.text().ok()?).await.ok()?;
    Some((response.status(), body.as_string()?))
}

#[wasm_bindgen]
extern "C" {
    /// The global function, which both shells have. web-sys has it as a method of `Window` and
    /// another of `WorkerGlobalScope`.
    fn fetch(request: &Request) -> Promise;
}
