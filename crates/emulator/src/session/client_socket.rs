//! A client's socket, and the ways it can close.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use inturn_protocol::{ErrorMessage, ServerMessage};
use tokio_tungstenite::{tungstenite, tungstenite::error::CapacityError};

use crate::{
    faults::Alterations,
    session_log::{Closed, ClosedBy},
};

/// The socket of one client.
pub(super) struct ClientSocket {
    socket: WebSocket,
    /// Fault: changes every message.
    alterations: Alterations,
    /// Whether a message was too large to be read. Then nothing more can be read.
    is_unreadable: bool,
}

impl ClientSocket {
    pub(super) fn new(socket: WebSocket, alterations: Alterations) -> Self {
        Self {
            socket,
            alterations,
            is_unreadable: false,
        }
    }

    /// Receives the next message. After a message that is [too large](size_if_too_large), there are
    /// no more.
    pub(super) async fn next(&mut self) -> Option<Result<Message, axum::Error>> {
        let next = self.socket.recv().await;
        if let Some(Err(error)) = &next {
            self.is_unreadable |= size_if_too_large(error).is_some();
        }
        next
    }

    /// Returns the frame of a message. Returns `None` for a message of an unknown type, which can't
    /// be encoded; the emulator sends none.
    pub(super) fn frame(&self, message: &ServerMessage) -> Option<Message> {
        let text = self.alterations.apply(message.encode().ok()?);
        Some(Message::Text(text.into()))
    }

    /// Sends a frame. The error describes how the connection was lost.
    pub(super) async fn send_frame(&mut self, frame: Message) -> Result<(), Closed> {
        let sent = self.socket.send(frame);
        match tokio::time::timeout(SEND_TIMEOUT, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(lost()),
        }
    }

    /// Sends an `Error` message.
    pub(super) async fn send_error(&mut self, code: u16, text: &str) {
        let message = ServerMessage::Error(ErrorMessage {
            error_code: Some(u32::from(code)),
            error: text.to_owned(),
        });
        if let Some(frame) = self.frame(&message) {
            // The send fails if the client is gone, which needs no handling.
            let _ = self.send_frame(frame).await;
        }
    }

    /// Sends a close frame, then reads until the client has closed too.
    ///
    /// Without the reads, dropping a socket with unread audio resets the connection, and the reset
    /// reaches the client before the close frame.
    pub(super) async fn close(&mut self, frame: CloseFrame) {
        if self.socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        let drained = async {
            loop {
                match self.socket.recv().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) if size_if_too_large(&error).is_some() => return false,
                    // `None` also follows an earlier message that was too large.
                    Some(Err(_)) | None => return !self.is_unreadable,
                }
            }
        };
        // After the timeout, the socket is dropped though the client has not closed.
        if tokio::time::timeout(CLOSE_TIMEOUT, drained).await == Ok(false) {
            // The rest of the message must not be read. So give the client time to read the close
            // frame before the reset.
            tokio::time::sleep(RESET_DELAY).await;
        }
    }

    /// Waits for the client's close and ignores all messages before it.
    pub(super) async fn closed_by_client(&mut self) -> Closed {
        loop {
            match self.socket.recv().await {
                Some(Ok(Message::Close(frame))) => {
                    self.answer_close().await;
                    return closed_by_client(frame);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return lost(),
            }
        }
    }

    /// Sends the answer to the client's close frame. Reading the frame has queued the answer;
    /// further reads send it.
    pub(super) async fn answer_close(&mut self) {
        let rest = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, rest).await;
    }
}

/// Returns the size of the message if the error is that it was too large to be read.
pub(super) fn size_if_too_large(error: &axum::Error) -> Option<usize> {
    let error = std::error::Error::source(error)?;
    match error.downcast_ref::<tungstenite::Error>()? {
        tungstenite::Error::Capacity(CapacityError::MessageTooLong { size, .. }) => Some(*size),
        _ => None,
    }
}

/// Describes a close by the client.
pub(super) fn closed_by_client(frame: Option<CloseFrame>) -> Closed {
    Closed {
        by: ClosedBy::Client,
        code: frame.as_ref().map(|frame| frame.code),
        reason: frame
            .map(|frame| frame.reason.to_string())
            .unwrap_or_default(),
    }
}

/// Describes a lost connection.
pub(super) fn lost() -> Closed {
    Closed {
        by: ClosedBy::Connection,
        code: None,
        reason: String::new(),
    }
}

/// Deadline for the client's close frame: longer than a client on a bad network needs.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for the client to read the close frame: a few round trips.
const RESET_DELAY: Duration = Duration::from_secs(1);
/// Timeout of a send. A client that reads nothing for this long counts as gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
