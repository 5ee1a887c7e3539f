//! The socket to the service.

use inturn_client_core::session::{Attempt, Input};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use crate::browser::{BrowserError, Exposed, Listener};

/// One connection. Dropping it closes it, after what was sent.
pub(super) struct Socket {
    attempt: Attempt,
    socket: WebSocket,
    _exposed: Exposed,
    _listeners: [Listener; 2],
}

impl Socket {
    /// Starts connecting; what comes of it is passed on with `attempt`.
    pub(super) fn open(
        attempt: Attempt,
        url: &str,
        happened: fn(Input<'_>),
    ) -> Result<Self, BrowserError> {
        let socket = WebSocket::new(url)?;
        let messages = Listener::new(&socket, "message", move |event: MessageEvent| {
            // The service sends text only.
            if let Some(text) = event.data().as_string() {
                happened(Input::SocketMessage {
                    attempt,
                    text: &text,
                });
            }
        })?;
        // Every failure ends in a close event; the error event before it tells nothing.
        let closed = Listener::new(&socket, "close", move |event: CloseEvent| {
            let (code, reason) = (event.code(), event.reason());
            happened(Input::SocketClosed {
                attempt,
                code,
                reason: &reason,
            });
        })?;
        let exposed = Exposed::new("inturnSocket", &socket);
        Ok(Self {
            attempt,
            socket,
            _exposed: exposed,
            _listeners: [messages, closed],
        })
    }

    /// Which attempt it belongs to.
    pub(super) fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Sends nothing while the socket is not open: there is nobody to hear it.
    pub(super) fn send_binary(&self, frame: &[u8]) -> Result<(), BrowserError> {
        if self.is_open() {
            self.socket.send_with_u8_array(frame)?;
        }
        Ok(())
    }

    /// As [`Self::send_binary`].
    pub(super) fn send_text(&self, text: &str) -> Result<(), BrowserError> {
        if self.is_open() {
            self.socket.send_with_str(text)?;
        }
        Ok(())
    }

    /// What was sent and has not left yet.
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
        // Fails for no socket there is.
        let _ = self.socket.close();
    }
}
