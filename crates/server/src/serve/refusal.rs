//! What becomes of those for whom there is no place.

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

/// Says no, to so many at once at most: refusing must not become a way of holding connections.
pub(super) struct Refusals {
    answers: Arc<Answers>,
    places: Arc<Semaphore>,
    lines: LineLimit,
}

/// The answer for programs, and the one for people.
struct Answers {
    json: Vec<u8>,
    page: Vec<u8>,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self {
            answers: Arc::new(answers()),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            lines: LineLimit::new(NonZeroU32::MIN, TELL_EVERY),
        }
    }

    /// Answers 503 without having the request served, and closes.
    pub(super) fn refuse(&self, mut stream: TcpStream) {
        if let Some(line) = self.lines.line() {
            tracing::warn!(left_out = line.left_out, "connection limit reached");
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return;
        };
        let answers = Arc::clone(&self.answers);
        tokio::spawn(async move {
            let goodbye = async {
                let answer = match is_for_people(&mut stream).await {
                    true => &answers.page,
                    false => &answers.json,
                };
                stream.write_all(answer).await?;
                stream.shutdown().await?;
                // Closed with bytes unread, the system would tell the client of a reset, and the
                // client might never see the answer.
                while stream.read(&mut [0; 1024]).await? != 0 {}
                std::io::Result::Ok(())
            };
            // Whatever fails here has no one left to be told.
            let _ = timeout(PATIENCE, goodbye).await;
            drop(place);
        });
    }
}

/// Whether the first bytes of the request say that a person will see the answer.
async fn is_for_people(stream: &mut TcpStream) -> bool {
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
    // Whatever came by then decides.
    let _ = timeout(PATIENCE / 2, reading).await;
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

fn answers() -> Answers {
    let envelope = ErrorEnvelope {
        error: SENTENCE.to_owned(),
        code: ErrorCode::Overloaded,
        retry_after_seconds: Some(RETRY_AFTER_SECONDS),
    };
    let json = serde_json::to_string(&envelope).unwrap_or_default();
    Answers {
        json: answer("application/json", &json),
        page: answer("text/html; charset=utf-8", &html::error_page(SENTENCE)),
    }
}

fn answer(content_type: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nRetry-After: {RETRY_AFTER_SECONDS}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const SENTENCE: &str = "The server is too busy. Try again in a moment.";

/// How a line begins that says what the client takes.
const ACCEPT: &[u8] = b"accept:";

/// Browsers send `Accept` within the first kilobyte, before cookies.
const HEAD_BYTES: usize = 4096;

/// Calls to the service take about a second, and then there is a place again.
const RETRY_AFTER_SECONDS: u32 = 2;

/// Enough for whoever watches the log; the metrics have the number.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// A few round trips.
const PATIENCE: Duration = Duration::from_secs(1);

/// Enough for a rush; in a flood nobody reads the answer.
const AT_ONCE: usize = 64;
