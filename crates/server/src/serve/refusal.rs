//! Responses to connections above the limit.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderValue, header};
use inturn_protocol::{ErrorCode, ErrorEnvelope};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};

use crate::{html, logging::LineLimit};

/// Answers 503 to connections above the limit, to at most [`MAX_CONCURRENT`] at once. The others
/// are closed without a response, so that rejected clients can't hold connections either.
pub(super) struct Rejector {
    responses: Arc<Responses>,
    permits: Arc<Semaphore>,
    lines: LineLimit,
}

/// The complete responses: JSON for programs, and a page for browsers.
struct Responses {
    json: Vec<u8>,
    page: Vec<u8>,
}

impl Rejector {
    pub(super) fn new() -> Self {
        Self {
            responses: Arc::new(responses()),
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            lines: LineLimit::new(NonZeroU32::MIN, LOG_INTERVAL),
        }
    }

    /// Answers 503 without passing the request to the app, and closes the connection.
    pub(super) fn reject(&self, mut stream: TcpStream) {
        if let Some(line) = self.lines.line() {
            tracing::warn!(left_out = line.left_out, "connection limit reached");
        }
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return;
        };
        let responses = Arc::clone(&self.responses);
        tokio::spawn(async move {
            let respond = async {
                let response = match accepts_html(&mut stream).await {
                    true => &responses.page,
                    false => &responses.json,
                };
                stream.write_all(response).await?;
                stream.shutdown().await?;
                // Closing with unread bytes would send a reset, and the client might lose the
                // response.
                while stream.read(&mut [0; 1024]).await? != 0 {}
                std::io::Result::Ok(())
            };
            // An error needs no handling: the connection is closed either way.
            let _ = timeout(TIMEOUT, respond).await;
            drop(permit);
        });
    }
}

/// Reads the request's head, and returns `true` if its `Accept` header asks for HTML.
async fn accepts_html(stream: &mut TcpStream) -> bool {
    let mut head = vec![0; HEAD_BYTES];
    let mut length = 0;
    let reading = async {
        while !head[..length].windows(4).any(|end| end == b"\r\n\r\n") && length < HEAD_BYTES {
            match stream.read(&mut head[length..]).await {
                Ok(count) if count > 0 => length += count,
                _ => return,
            }
        }
    };
    // After the timeout, the bytes received so far decide.
    let _ = timeout(TIMEOUT / 2, reading).await;
    let accept = head[..length]
        .split(|byte| *byte == b'\n')
        .find_map(|line| {
            let (name, value) = line.split_at_checked(ACCEPT.len())?;
            let value = name.eq_ignore_ascii_case(ACCEPT).then_some(value)?;
            HeaderValue::from_bytes(value.trim_ascii()).ok()
        });
    let headers = accept.map(|value| (header::ACCEPT, value));
    html::is_wanted(&HeaderMap::from_iter(headers))
}

fn responses() -> Responses {
    let envelope = ErrorEnvelope {
        error: SENTENCE.to_owned(),
        code: ErrorCode::Overloaded,
        retry_after_seconds: Some(RETRY_AFTER_SECONDS),
    };
    let json = serde_json::to_string(&envelope).unwrap_or_default();
    Responses {
        json: response("application/json", &json),
        page: response("text/html; charset=utf-8", &html::error_page(SENTENCE)),
    }
}

fn response(content_type: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\nCache-Control: no-store\r\nRetry-After: {RETRY_AFTER_SECONDS}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const SENTENCE: &str = "The server is too busy. Try again in a moment.";

/// Start of the `Accept` header's line.
const ACCEPT: &[u8] = b"accept:";

/// Browsers send `Accept` within the first kilobyte, before cookies.
const HEAD_BYTES: usize = 4096;

/// Requests to the service take about a second; after that, connections are idle again.
const RETRY_AFTER_SECONDS: u32 = 2;

/// Enough for an operator who watches the log; the metrics have the number.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// A few round trips.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Enough for a rush of users. In a flood the responses do not matter.
const MAX_CONCURRENT: usize = 64;
