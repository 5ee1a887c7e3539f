//! What a request and its answer carry, watched on their way.
//!
//! tower-http's `RequestBodyTimeoutLayer` starts anew with each piece, so that a client could send a byte at
//! a time for ever; and no library tells which connections wait for their client, one of which is closed at
//! a limit.

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

use super::connections::{Answering, BodyTracker};

/// A request's body, which must be there in time. Most requests have none.
pub(super) fn in_time(body: Incoming, timeout: Duration, tracker: BodyTracker) -> Body {
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
            self.tracker.note_bytes();
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        self.tracker.note_waiting();
        ready!(self.deadline.as_mut().poll(cx));
        self.tracker.note_bytes();
        let too_slow = io::Error::new(io::ErrorKind::TimedOut, "the body was not there in time");
        Poll::Ready(Some(Err(too_slow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body, whose end means that the next request is the client's to send.
pub(super) struct NotedBody {
    body: Body,
    /// Dropped with the body.
    _answering: Option<Answering>,
}

impl NotedBody {
    pub(super) fn new(body: Body, answering: Answering, opens_socket: bool) -> Self {
        let answering = if opens_socket {
            answering.never_ends();
            None
        } else {
            Some(answering)
        };
        Self {
            body,
            _answering: answering,
        }
    }
}

impl HttpBody for NotedBody {
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
