//! What the tasks of a recording report to it.

use inturn_client_core::session::{Attempt, Input};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::tokens::Answer;

/// A report of a task. It has no `Debug`, because it may contain a token or words.
pub(crate) enum Received {
    Token {
        attempt: Attempt,
        answer: Answer,
    },
    Opened(Attempt),
    Text {
        attempt: Attempt,
        text: Utf8Bytes,
    },
    Closed {
        attempt: Attempt,
        code: u16,
        reason: String,
    },
    Probed {
        attempt: Attempt,
        is_up: bool,
    },
}

impl Received {
    /// Returns the input of the core.
    pub(crate) fn input(&self) -> Input<'_> {
        match self {
            Self::Token { attempt, answer } => match answer {
                Answer::Reply { status, body } => Input::TokenReply {
                    attempt: *attempt,
                    status: *status,
                    body,
                },
                Answer::Failed(failure) => Input::TokenFailed {
                    attempt: *attempt,
                    failure: *failure,
                },
            },
            Self::Opened(attempt) => Input::SocketOpened(*attempt),
            Self::Text { attempt, text } => Input::SocketMessage {
                attempt: *attempt,
                text,
            },
            Self::Closed {
                attempt,
                code,
                reason,
            } => Input::SocketClosed {
                attempt: *attempt,
                code: *code,
                reason,
            },
            Self::Probed { attempt, is_up } => Input::NetworkProbed {
                attempt: *attempt,
                is_up: *is_up,
            },
        }
    }
}

/// Where tasks report to. The recording reads it.
#[derive(Clone)]
pub(crate) struct Inbox(mpsc::Sender<Received>);

impl Inbox {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Received>) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Self(sender), receiver)
    }

    /// Reports. Waits while the recording has much to do.
    pub(crate) async fn send(&self, received: Received) {
        // Fails only if the recording is over.
        let _ = self.0.send(received).await;
    }
}

/// A service that sends faster than this is read is slowed down by the network.
const CAPACITY: usize = 64;
