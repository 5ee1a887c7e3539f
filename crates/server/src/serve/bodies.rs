//! Bodies of requests and responses, with deadlines and tracking.
//!
//! `RequestBodyTimeoutLayer` of tower-http restarts its timeout with each frame, so a client could
//! send one byte at a time for ever. And no library reports which connections wait for their
//! client, which is needed to choose the one to close at a limit.

use std::{
    error::Error,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::connections::{BodyTracker, ResponseGuard};

/// Wraps a request's body: it fails if it is not complete after `timeout`.
pub(super) fn with_deadline(body: Incoming, timeout: Duration, tracker: BodyTracker) -> Body {
    // Most requests have no body, and need no timer.
    if body.is_end_stream() {
        return Body::empty();
    }
    Body::new(TimedBody {
        body,
        deadline: Box::pin(sleep(timeout)),
        tracker,
    })
}

struct TimedBody {
    body: Incoming,
    deadline: Pin<Box<Sleep>>,
    tracker: BodyTracker,
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.tracker.on_bytes();
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        self.tracker.on_pending();
        ready!(self.deadline.as_mut().poll(cx));
        self.tracker.on_bytes();
        let timed_out = io::Error::new(io::ErrorKind::TimedOut, "request body timed out");
        Poll::Ready(Some(Err(timed_out.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response's body. Once it is dropped, the connection waits for the client's next request.
pub(super) struct TrackedBody {
    body: Body,
    /// Dropped with the body.
    _guard: Option<ResponseGuard>,
}

impl TrackedBody {
    pub(super) fn new(body: Body, guard: ResponseGuard, opens_socket: bool) -> Self {
        let guard = if opens_socket {
            guard.become_socket();
            None
        } else {
            Some(guard)
        };
        Self {
            body,
            _guard: guard,
        }
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
