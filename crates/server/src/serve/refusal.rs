//! What becomes of those for whom there is no place.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use inturn_protocol::{ErrorCode, ErrorEnvelope};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
};

use crate::logging::LineLimit;

/// Says no, to so many at once at most: refusing must not become a way of holding connections.
pub(super) struct Refusals {
    answer: Arc<[u8]>,
    places: Arc<Semaphore>,
    lines: LineLimit,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self {
            answer: answer().into(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            lines: LineLimit::new(NonZeroU32::MIN, TELL_EVERY),
        }
    }

    /// Answers 503 without having read the request, and closes.
    pub(super) fn refuse(&self, mut stream: TcpStream) {
        if let Some(line) = self.lines.line() {
            tracing::warn!(left_out = line.left_out, "connection limit reached");
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return;
        };
        let answer = Arc::clone(&self.answer);
        tokio::spawn(async move {
            let goodbye = async {
                stream.write_all(&answer).await?;
                stream.shutdown().await?;
                // Closed with bytes unread, the system would tell the client of a reset, and the
                // client might never see the answer.
                while stream.read(&mut [0; 1024]).await? != 0 {}
                std::io::Result::Ok(())
            };
            // Whatever fails here has no one left to be told.
            let _ = tokio::time::timeout(PATIENCE, goodbye).await;
            drop(place);
        });
    }
}

fn answer() -> Vec<u8> {
    let envelope = ErrorEnvelope {
        error: "The server is too busy. Try again in a moment.".to_owned(),
        code: ErrorCode::Overloaded,
        retry_after_seconds: Some(RETRY_AFTER_SECONDS),
    };
    let body = serde_json::to_string(&envelope).unwrap_or_default();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nRetry-After: {RETRY_AFTER_SECONDS}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Calls to the service take about a second, and then there is a place again.
const RETRY_AFTER_SECONDS: u32 = 2;

/// Enough for whoever watches the log; the metrics have the number.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// A few round trips.
const PATIENCE: Duration = Duration::from_secs(1);

/// Enough for a rush; in a flood nobody reads the answer.
const AT_ONCE: usize = 64;
