//! Keeping what the server and the service say that run in this process, to be searched for secrets
//! when all tests are over.

use std::{
    io::Write,
    sync::{Mutex, Once},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, header},
    middleware::{self, Next},
    response::Response,
};
use futures_util::FutureExt;
use inturn_server::{AppState, Config, logging, metrics_app};
use inturn_testkit::{OutputFile, OutputSource, keep_response};
use tower::ServiceExt;

/// Has everything that is logged kept, at every level.
pub(crate) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let Some((_, file)) = OutputFile::create_if_kept(OutputSource::Log) else {
            return;
        };
        let all = ["inturn", "--log-filter=trace"].map(Into::into);
        let all = Config::parse_flags(all).expect("the flags are sound");
        let log = logging::subscriber(&all.log, false, Mutex::new(file));
        // Nobody else starts one for the whole process.
        tracing::subscriber::set_global_default(log).expect("the first");
    });
}

/// Has all answers kept but for files, which hold what the build made of the sources.
pub(crate) fn answers(server: Router) -> Router {
    server.layer(middleware::from_fn(keep))
}

/// Has kept what is counted at the end, and what the server says of itself. Whoever drops it can't
/// wait, but for none of these there is anything to wait for.
pub(crate) fn last_words(state: &AppState) {
    let Some((_, mut file)) = OutputFile::create_if_kept(OutputSource::Metrics) else {
        return;
    };
    for router in [
        metrics_app(state.clone()),
        inturn_server::app(state.clone()),
    ] {
        for path in ["/metrics", "/config", "/healthz", "/readyz"] {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let answer = router.clone().oneshot(request).now_or_never();
            let Some(Ok(answer)) = answer else { continue };
            let body = to_bytes(answer.into_body(), usize::MAX).now_or_never();
            if let Some(Ok(body)) = body {
                file.write_all(&body).expect("the folder can be written to");
            }
        }
    }
}

/// What the server counts, in the form of `/metrics`.
pub(crate) async fn metrics(state: &AppState) -> String {
    let request = Request::get("/metrics").body(Body::empty());
    let request = request.expect("a request");
    let answer = metrics_app(state.clone()).oneshot(request).await;
    let answer = answer.expect("infallible").into_body();
    let body = to_bytes(answer, usize::MAX).await.expect("a body");
    String::from_utf8_lossy(&body).into_owned()
}

async fn keep(request: Request, next: Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let answer = next.run(request).await;
    if !is_said(answer.headers()) {
        return answer;
    }
    let (parts, body) = answer.into_parts();
    // What the server says itself is short.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let headers = parts.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    keep_response(&format!("{asked}: {}", parts.status), headers, &body);
    Response::from_parts(parts, Body::from(body))
}

/// Whether an answer is neither a script, a style, a sound nor a socket.
fn is_said(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|it| it.to_str().ok()).unwrap_or_default();
    !headers.contains_key(header::CONTENT_ENCODING)
        && ["application/json", "text/html", "text/plain"]
            .iter()
            .any(|it| kind.starts_with(it))
}
