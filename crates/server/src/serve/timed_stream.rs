//! A stream with read and write timeouts.
//!
//! hyper's `header_read_timeout` is the same for clients that send nothing and for clients that
//! send half a request head. And neither hyper nor hyper-util limits how long a response stays
//! unread.

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

use super::connections::Slot;
use crate::metrics::{ConnectionCounts, Cut};

/// A stream that fails if its client takes too long to send a request or to read what it was sent.
/// A WebSocket's client may be silent for any time.
pub(super) struct TimedStream {
    stream: TokioIo<TcpStream>,
    slot: Slot,
    read_timer: Option<Pin<Box<Sleep>>>,
    counts: ConnectionCounts,
    unread_timeout: Duration,
    write_timer: Option<Pin<Box<Sleep>>>,
    is_write_blocked: bool,
    blocked_since: Instant,
}

impl TimedStream {
    pub(super) fn new(
        stream: TcpStream,
        slot: Slot,
        unread_timeout: Duration,
        counts: ConnectionCounts,
    ) -> Self {
        Self {
            stream: TokioIo::new(stream),
            slot,
            read_timer: None,
            counts,
            unread_timeout,
            write_timer: None,
            is_write_blocked: false,
            blocked_since: Instant::now(),
        }
    }

    /// Completes when the client has exceeded its deadline for the next bytes.
    ///
    /// The timer also runs while the server works on a request, because hyper may wait for the next
    /// request before it drops the last response. The timer is reset only when it has fired or
    /// would fire too late, not for every request.
    fn poll_read_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(check_at) = self.slot.check_at() else {
                return Poll::Pending;
            };
            if check_at <= Instant::now() {
                return Poll::Ready(());
            }
            let timer = self
                .read_timer
                .get_or_insert_with(|| Box::pin(sleep_until(check_at)));
            if timer.deadline() > check_at || timer.is_elapsed() {
                timer.as_mut().reset(check_at);
            }
            ready!(timer.as_mut().poll(cx));
        }
    }

    /// Passes on the result of a write, or fails if writing has been blocked for too long.
    fn check_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.is_write_blocked {
                self.is_write_blocked = false;
                self.slot.on_write_unblocked();
            }
            return written;
        }
        let now = Instant::now();
        let deadline = now + self.unread_timeout;
        let timer = self
            .write_timer
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if !self.is_write_blocked {
            self.is_write_blocked = true;
            self.blocked_since = now;
            timer.as_mut().reset(deadline);
        }
        self.slot.on_write_blocked(self.blocked_since);
        ready!(timer.as_mut().poll(cx));
        tracing::debug!("timeout: the client does not read its response");
        self.counts.cut(Cut::Unread);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Read for TimedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(read) => {
                self.slot.on_bytes();
                Poll::Ready(read)
            }
            Poll::Pending => {
                ready!(self.poll_read_deadline(cx));
                if self.slot.is_reading_head() {
                    tracing::debug!("timeout: the client did not complete its request head");
                    self.counts.cut(Cut::SlowHead);
                }
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl Write for TimedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.check_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.check_write(cx, written)
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
