//! Sends a session's messages, with the faults that silence, drop or delay them.

use std::{collections::VecDeque, time::Duration};

use axum::extract::ws::Message;
use inturn_protocol::ServerMessage;

use super::client_socket::ClientSocket;
use crate::{faults::MessageDrop, session_log::Closed};

/// Sends the messages of one session. Without faults, it sends each of them at once.
pub(super) struct MessageSender {
    silent: bool,
    drops: Vec<MessageDrop>,
    delay: Duration,
    /// Frames that are not sent yet, and when each is due.
    delayed: VecDeque<(Duration, Message)>,
}

impl MessageSender {
    pub(super) fn new(drops: Vec<MessageDrop>) -> Self {
        Self {
            silent: false,
            drops,
            delay: Duration::ZERO,
            delayed: VecDeque::new(),
        }
    }

    /// Sends nothing from now on.
    pub(super) fn silence(&mut self) {
        self.silent = true;
        self.delayed.clear();
    }

    pub(super) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Sends every message this much later from now on, but none before an earlier one.
    pub(super) fn set_delay(&mut self, delay: Duration) {
        self.delay = delay;
    }

    /// Sends a message at this position of the audio. The error describes how the connection was
    /// lost.
    pub(super) async fn send(
        &mut self,
        socket: &mut ClientSocket,
        message: &ServerMessage,
        now: Duration,
        audio_ms: u64,
    ) -> Result<(), Closed> {
        let dropped = |drop: &mut MessageDrop| drop.apply(message, audio_ms);
        if self.drops.iter_mut().any(dropped) {
            return Ok(());
        }
        match socket.frame(message) {
            Some(frame) => self.send_frame(socket, frame, now).await,
            None => Ok(()),
        }
    }

    /// Sends a frame. The error describes how the connection was lost.
    pub(super) async fn send_frame(
        &mut self,
        socket: &mut ClientSocket,
        frame: Message,
        now: Duration,
    ) -> Result<(), Closed> {
        if self.silent {
            return Ok(());
        }
        let due = self.due(now);
        if due > now {
            self.delayed.push_back((due, frame));
            return Ok(());
        }
        self.send_due(socket, now).await?;
        socket.send_frame(frame).await
    }

    /// Sends the delayed frames that are due.
    pub(super) async fn send_due(
        &mut self,
        socket: &mut ClientSocket,
        now: Duration,
    ) -> Result<(), Closed> {
        while let Some((_, frame)) = self.delayed.pop_front_if(|(due, _)| *due <= now) {
            socket.send_frame(frame).await?;
        }
        Ok(())
    }

    /// Returns the time when the next delayed frame is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.delayed.front().map(|(due, _)| *due)
    }

    /// Returns the time when a message that is ready now is sent.
    pub(super) fn due(&self, now: Duration) -> Duration {
        let last = self.delayed.back().map_or(now, |(due, _)| *due);
        last.max(now + self.delay)
    }
}
