//! GET requests to our server.

use gloo_net::http::Request;
use web_sys::{AbortSignal, RequestInit, RequestRedirect};

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
    // Gloo's request builder, made for many headers and queries, would add half a kilobyte.
    let init = RequestInit::new();
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(timeout_ms)));
    let request = web_sys::Request::new_with_str_and_init(url, &init).ok()?;
    if let Some((name, value)) = header {
        request.headers().set(name, value).ok()?;
    }
    let response = Request::from(request).send().await.ok()?;
    Some((response.status(), response.text().await.ok()?))
}
