//! The socket to the service.

use inturn_client_core::session::{Attempt, Input};
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

use crate::browser::{BrowserError, Exposed, Listener};

/// One connection. Dropping it closes it, once the data already passed to it has been sent.
pub(super) struct Socket {
    attempt: Attempt,
    socket: WebSocket,
    _exposed: Exposed,
    _listeners: [Listener; 3],
}

impl Socket {
    /// Starts connecting. Passes the events of the socket to `dispatch`, with `attempt`.
    pub(super) fn open(
        attempt: Attempt,
        url: &str,
        dispatch: fn(Input<'_>),
    ) -> Result<Self, BrowserError> {
        let socket = WebSocket::new(url)?;
        let opened = Listener::new(&socket, "open", move |_: Event| {
            dispatch(Input::SocketOpened(attempt));
        });
        let messages = Listener::new(&socket, "message", move |event: MessageEvent| {
            // The service sends text only.
            if let Some(text) = event.data().as_string() {
                dispatch(Input::SocketMessage {
                    attempt,
                    text: &text,
                });
            }
        });
        // Every failure ends with a close event. The error event before it has no information.
        let closed = Listener::new(&socket, "close", move |event: CloseEvent| {
            let (code, reason) = (event.code(), event.reason());
            dispatch(Input::SocketClosed {
                attempt,
                code,
                reason: &reason,
            });
        });
        let exposed = Exposed::new("inturnSocket", &socket);
        Ok(Self {
            attempt,
            socket,
            _exposed: exposed,
            _listeners: [opened, messages, closed],
        })
    }

    /// The attempt that the socket belongs to.
    pub(super) fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Sends a binary frame if the socket is open. Otherwise does nothing.
    pub(super) fn send_binary(&self, frame: &[u8]) -> Result<(), BrowserError> {
        if self.is_open() {
            self.socket.send_with_u8_array(frame)?;
        }
        Ok(())
    }

    /// Sends a text frame if the socket is open. Otherwise does nothing.
    pub(super) fn send_text(&self, text: &str) -> Result<(), BrowserError> {
        if self.is_open() {
            self.socket.send_with_str(text)?;
        }
        Ok(())
    }

    /// Returns the number of bytes that the browser has buffered but not yet sent.
    pub(super) fn unsent(&self) -> Input<'static> {
        Input::Unsent {
            attempt: self.attempt,
            bytes: u64::from(self.socket.buffered_amount()),
        }
    }

    fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Cannot fail without arguments.
        let _ = self.socket.close();
    }
}
