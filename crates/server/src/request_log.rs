//! One line for each request: method, path, status, milliseconds.

use std::time::Instant;

use axum::{extract::Request, middleware::Next, response::Response};

/// Logs a request once its response is ready to be sent.
///
/// The path goes without its query, which may hold a token. `/healthz` is logged at debug level,
/// since its callers are many and say nothing.
pub(crate) async fn log_request(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = shortened(request.uri().path());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if path == "/healthz" {
        tracing::debug!(target: TARGET, %method, path, status, ms, "request");
    } else {
        tracing::info!(target: TARGET, %method, path, status, ms, "request");
    }
    response
}

/// A path is the client's to choose; a line is not.
fn shortened(path: &str) -> String {
    match path.char_indices().nth(MAX_PATH_CHARS) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}

/// The module that filters know request lines by.
const TARGET: &str = "inturn_server::request";

/// Our own paths have under sixty characters.
const MAX_PATH_CHARS: usize = 200;
