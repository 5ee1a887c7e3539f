//! Asking our server.

use gloo_net::http::Request;
use web_sys::{AbortSignal, RequestInit, RequestRedirect};

/// The status and the body of an answer, if one comes in time. The address is relative to the page: it
/// may live below any prefix.
///
/// No redirect is followed: our server gives none here, and that of a proxy leads to its sign-in, of
/// which the browser would tell nothing if that is at another host. Its status is 0.
pub(crate) async fn get(
    url: &str,
    header: Option<(&str, &str)>,
    patience_ms: u32,
) -> Option<(u16, String)> {
    // Gloo's own builder, for many headers and queries, would weigh half a kilobyte.
    let init = RequestInit::new();
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(patience_ms)));
    let request = web_sys::Request::new_with_str_and_init(url, &init).ok()?;
    if let Some((name, value)) = header {
        request.headers().set(name, value).ok()?;
    }
    let response = Request::from(request).send().await.ok()?;
    Some((response.status(), response.text().await.ok()?))
}
