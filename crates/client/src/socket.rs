//! A socket to the service, in a task of its own.

#[cfg(test)]
mod tests;
mod upgrade;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use inturn_client_core::session::Attempt;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Bytes, Message, protocol::CloseFrame},
};

pub(crate) use self::upgrade::SocketRequest;
use crate::inbox::{Inbox, Received};

/// A socket that is opening or open. Dropping it closes it, once everything is sent.
pub(crate) struct Socket {
    attempt: Attempt,
    is_open: bool,
    outgoing: mpsc::UnboundedSender<Message>,
    unsent: Arc<AtomicU64>,
    /// Dropped with the socket.
    _closing: oneshot::Sender<()>,
}

/// The task's end of a socket.
struct SocketTask {
    attempt: Attempt,
    outgoing: mpsc::UnboundedReceiver<Message>,
    unsent: Arc<AtomicU64>,
    closing: oneshot::Receiver<()>,
    inbox: Inbox,
}

type Stream = WebSocketStream<reqwest::Upgraded>;

impl Socket {
    /// Returns a socket, and the task that opens it and reports to `inbox`.
    pub(crate) fn open(
        attempt: Attempt,
        request: SocketRequest,
        inbox: Inbox,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (outgoing, receiver) = mpsc::unbounded_channel();
        let (closing, closed) = oneshot::channel();
        let unsent = Arc::new(AtomicU64::new(0));
        let task = SocketTask {
            attempt,
            outgoing: receiver,
            unsent: Arc::clone(&unsent),
            closing: closed,
            inbox,
        };
        let socket = Self {
            attempt,
            is_open: false,
            outgoing,
            unsent,
            _closing: closing,
        };
        (socket, task.run(request))
    }

    pub(crate) fn attempt(&self) -> Attempt {
        self.attempt
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Notes that the socket may be written to.
    pub(crate) fn set_open(&mut self) {
        self.is_open = true;
    }

    /// Sends a binary frame if the socket is open.
    pub(crate) fn send_binary(&self, frame: Arc<[u8]>) {
        self.send(Message::Binary(Bytes::from_owner(frame)));
    }

    /// Sends a text frame if the socket is open.
    pub(crate) fn send_text(&self, text: String) {
        self.send(Message::text(text));
    }

    /// Number of bytes that were passed to the socket and not yet to the system.
    pub(crate) fn unsent(&self) -> u64 {
        self.unsent.load(Ordering::Relaxed)
    }

    fn send(&self, message: Message) {
        if self.is_open {
            self.unsent.fetch_add(size(&message), Ordering::Relaxed);
            // Fails only if the task has reported the close.
            let _ = self.outgoing.send(message);
        }
    }
}

impl SocketTask {
    async fn run(mut self, request: SocketRequest) {
        let opened = tokio::select! {
            opened = request.open() => opened,
            // Closed before it was open.
            _ = &mut self.closing => return,
        };
        let stream = match opened {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(target: "inturn_client", cause = %error, "no socket");
                return self.inbox.send(self.closed(ABNORMAL, String::new())).await;
            }
        };
        self.inbox.send(Received::Opened(self.attempt)).await;
        let (sink, stream) = stream.split();
        self.converse(sink, stream).await;
    }

    /// Sends and receives until the socket is closed by either side.
    async fn converse(mut self, sink: SplitSink<Stream, Message>, mut stream: SplitStream<Stream>) {
        let closed = self.until_closed(sink, &mut stream).await;
        let (code, reason) = closed.unwrap_or((ABNORMAL, String::new()));
        self.inbox.send(self.closed(code, reason)).await;
        // Answers the service's close frame, and waits for the end of the connection.
        let rest = async { while let Some(Ok(_)) = stream.next().await {} };
        let _ = timeout(CLOSE_TIMEOUT, rest).await;
    }

    /// Returns the code and the reason of the service's close; `None` if there is none.
    async fn until_closed(
        &mut self,
        sink: SplitSink<Stream, Message>,
        stream: &mut SplitStream<Stream>,
    ) -> Option<(u16, String)> {
        let writing = send(&mut self.outgoing, &self.unsent, sink);
        let reading = receive(self.attempt, stream, &self.inbox);
        let limit = async {
            let _ = (&mut self.closing).await;
            tokio::time::sleep(CLOSE_TIMEOUT).await;
        };
        tokio::pin!(writing, reading, limit);
        tokio::select! {
            closed = &mut reading => return closed,
            // All is sent, or nothing can be. What the service sent before still arrives.
            _ = &mut writing => {}
            () = &mut limit => return None,
        }
        tokio::select! {
            closed = &mut reading => closed,
            () = &mut limit => None,
        }
    }

    fn closed(&self, code: u16, reason: String) -> Received {
        Received::Closed {
            attempt: self.attempt,
            code,
            reason,
        }
    }
}

/// Sends all messages, and a close frame once the socket is dropped.
async fn send(
    outgoing: &mut mpsc::UnboundedReceiver<Message>,
    unsent: &AtomicU64,
    mut sink: SplitSink<Stream, Message>,
) -> tungstenite::Result<()> {
    while let Some(message) = outgoing.recv().await {
        let size = size(&message);
        sink.send(message).await?;
        unsent.fetch_sub(size, Ordering::Relaxed);
    }
    sink.send(Message::Close(None)).await
}

/// Passes text messages on. Returns the code and the reason of the close; `None` if the connection
/// was lost.
async fn receive(
    attempt: Attempt,
    stream: &mut SplitStream<Stream>,
    inbox: &Inbox,
) -> Option<(u16, String)> {
    loop {
        match stream.next().await? {
            Ok(Message::Text(text)) => inbox.send(Received::Text { attempt, text }).await,
            Ok(Message::Close(None)) => return Some((NO_STATUS, String::new())),
            Ok(Message::Close(Some(CloseFrame { code, reason }))) => {
                return Some((code.into(), reason.as_str().to_owned()));
            }
            // The service sends text only, and pings are answered by the library.
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(
                    target: "inturn_client",
                    cause = cause(&error),
                    "the connection to the service was lost"
                );
                return None;
            }
        }
    }
}

/// The kind of an error. Some of them quote what was received.
fn cause(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Io(error) => error.to_string(),
        tungstenite::Error::Capacity(error) => error.to_string(),
        tungstenite::Error::Protocol(_) => "protocol error".to_owned(),
        tungstenite::Error::Utf8(_) => "a text message is not UTF-8".to_owned(),
        _ => "closed".to_owned(),
    }
}

fn size(message: &Message) -> u64 {
    message.len() as u64
}

/// The code that stands for the loss of a connection (RFC 6455, 7.4.1).
const ABNORMAL: u16 = 1006;

/// The code that stands for a close frame without a code (RFC 6455, 7.4.1).
const NO_STATUS: u16 = 1005;

/// How long a socket may take to send the rest and to close: as long as a browser waits for the
/// peer's close frame, and enough for 100 kB on a slow network.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
