//! The socket, with the ways it can end.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use inturn_protocol::{ErrorMessage, ServerMessage};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::error::CapacityError;

use crate::session_log::{Closed, ClosedBy};

/// One client's socket.
pub(super) struct Link {
    socket: WebSocket,
    extra_fields: bool,
    /// A message was too large to be read.
    is_unreadable: bool,
}

impl Link {
    pub(super) fn new(socket: WebSocket, extra_fields: bool) -> Self {
        Self {
            socket,
            extra_fields,
            is_unreadable: false,
        }
    }

    /// The next message. After a message that is [too large](size_if_too_large) there is none.
    pub(super) async fn next(&mut self) -> Option<Result<Message, axum::Error>> {
        let next = self.socket.recv().await;
        if let Some(Err(error)) = &next {
            self.is_unreadable |= size_if_too_large(error).is_some();
        }
        next
    }

    /// Sends a message; the error says how the connection was lost.
    pub(super) async fn send(&mut self, message: &ServerMessage) -> Result<(), Closed> {
        // No message of ours is of the unknown kind, which alone cannot be written.
        let Ok(mut text) = message.encode() else {
            return Ok(());
        };
        if self.extra_fields {
            text = with_extra_fields(&text).unwrap_or(text);
        }
        self.send_frame(Message::Text(text.into())).await
    }

    pub(super) async fn send_frame(&mut self, frame: Message) -> Result<(), Closed> {
        let sent = self.socket.send(frame);
        match tokio::time::timeout(SEND_WAIT, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(lost()),
        }
    }

    pub(super) async fn error(&mut self, code: u16, text: &str) {
        let message = ServerMessage::Error(ErrorMessage {
            error_code: Some(u32::from(code)),
            error: text.to_owned(),
        });
        // If the client is gone, there is nobody to tell.
        let _ = self.send(&message).await;
    }

    /// Closes, then reads on until the client has closed too, so that what was sent last reaches it:
    /// a socket dropped with unread audio in it is reset, and the reset overtakes the close frame.
    pub(super) async fn close(&mut self, frame: CloseFrame) {
        if self.socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        let drained = async {
            loop {
                match self.socket.recv().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) if size_if_too_large(&error).is_some() => return false,
                    // Also after such an error: nothing more is read.
                    Some(Err(_)) | None => return !self.is_unreadable,
                }
            }
        };
        // A client that never closes is left alone with it.
        if tokio::time::timeout(CLOSE_WAIT, drained).await == Ok(false) {
            // The rest of the message must not be read. So the client gets time to read the close frame
            // before the reset.
            tokio::time::sleep(UNREAD_WAIT).await;
        }
    }

    /// Waits for the client's close, and passes over what it says until then.
    pub(super) async fn closed_by_client(&mut self) -> Closed {
        loop {
            match self.socket.recv().await {
                Some(Ok(Message::Close(frame))) => {
                    self.answer_close().await;
                    return closed(frame);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return lost(),
            }
        }
    }

    /// The answer to a close frame was queued when it was read; reading on sends it.
    pub(super) async fn answer_close(&mut self) {
        let rest = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        let _ = tokio::time::timeout(CLOSE_WAIT, rest).await;
    }
}

/// The size of a message that was too large to be read into memory, if that is the error.
pub(super) fn size_if_too_large(error: &axum::Error) -> Option<usize> {
    let error = std::error::Error::source(error)?;
    match error.downcast_ref::<tungstenite::Error>()? {
        tungstenite::Error::Capacity(CapacityError::MessageTooLong { size, .. }) => Some(*size),
        _ => None,
    }
}

/// How a client closed.
pub(super) fn closed(frame: Option<CloseFrame>) -> Closed {
    Closed {
        by: ClosedBy::Client,
        code: frame.as_ref().map(|frame| frame.code),
        reason: frame
            .map(|frame| frame.reason.to_string())
            .unwrap_or_default(),
    }
}

/// How a connection is lost.
pub(super) fn lost() -> Closed {
    Closed {
        by: ClosedBy::Connection,
        code: None,
        reason: String::new(),
    }
}

fn with_extra_fields(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    add_extra_fields(&mut value);
    Some(value.to_string())
}

fn add_extra_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(add_extra_fields);
            fields.insert(
                "x_tomorrow".to_owned(),
                json!({ "list": [1, null], "text": "?" }),
            );
        }
        Value::Array(items) => items.iter_mut().for_each(add_extra_fields),
        _ => {}
    }
}

/// Longer than a client on a bad network needs to answer.
const CLOSE_WAIT: Duration = Duration::from_secs(5);
/// A few round trips.
const UNREAD_WAIT: Duration = Duration::from_secs(1);
/// A client that reads nothing for so long is as good as gone.
const SEND_WAIT: Duration = Duration::from_secs(30);
