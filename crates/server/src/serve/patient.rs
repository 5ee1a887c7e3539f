//! A connection whose client has only so long to do its part.
//!
//! hyper's `header_read_timeout` is one time for clients that send nothing and for those that send half a
//! head, and nothing of hyper's or hyper-util's limits how long an answer stays unread.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::connections::Place;
use crate::metrics::{ConnectionCounts, Cut};

/// A stream that fails where its client takes too long: to ask, or to take what it is sent. A client
/// that has a socket may be silent for as long as it likes.
pub(super) struct Patient {
    stream: TokioIo<TcpStream>,
    place: Place,
    asking: Option<Pin<Box<Sleep>>>,
    counts: ConnectionCounts,
    unread_timeout: Duration,
    unread: Option<Pin<Box<Sleep>>>,
    is_blocked: bool,
    blocked_since: Instant,
}

impl Patient {
    pub(super) fn new(
        stream: TcpStream,
        place: Place,
        unread_timeout: Duration,
        counts: ConnectionCounts,
    ) -> Self {
        Self {
            stream: TokioIo::new(stream),
            place,
            asking: None,
            counts,
            unread_timeout,
            unread: None,
            is_blocked: false,
            blocked_since: Instant::now(),
        }
    }

    /// Ready once the client has taken too long to ask.
    ///
    /// While it is our turn there is a timer all the same, because hyper may wait for the next request
    /// before it has let go of the last answer. The timer is only moved when it has fired or would be
    /// too late, not with every request.
    fn poll_asking(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(check_at) = self.place.check_at() else {
                return Poll::Pending;
            };
            if check_at <= Instant::now() {
                return Poll::Ready(());
            }
            let timer = self
                .asking
                .get_or_insert_with(|| Box::pin(sleep_until(check_at)));
            if timer.deadline() > check_at || timer.is_elapsed() {
                timer.as_mut().reset(check_at);
            }
            ready!(timer.as_mut().poll(cx));
        }
    }

    /// Passes on what became of a write, unless the client has taken too long to make room for it.
    fn note_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.is_blocked {
                self.is_blocked = false;
                self.place.note_read();
            }
            return written;
        }
        let now = Instant::now();
        let deadline = now + self.unread_timeout;
        let timer = self
            .unread
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if !self.is_blocked {
            self.is_blocked = true;
            self.blocked_since = now;
            timer.as_mut().reset(deadline);
        }
        self.place.note_unread(self.blocked_since);
        ready!(timer.as_mut().poll(cx));
        tracing::debug!("a client that leaves its answer unread is cut");
        self.counts.cut(Cut::Unread);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Read for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(read) => {
                self.place.note_bytes();
                Poll::Ready(read)
            }
            Poll::Pending => {
                ready!(self.poll_asking(cx));
                if self.place.has_begun() {
                    tracing::debug!("a client that asks too slowly is cut");
                    self.counts.cut(Cut::SlowHead);
                }
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl Write for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
