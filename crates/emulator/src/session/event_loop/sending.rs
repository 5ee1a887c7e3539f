//! Sends the messages of a session that are due.

use std::time::Duration;

use axum::extract::ws::Message;
use inturn_protocol::{ServerMessage, Termination};

use super::Session;
use crate::{
    faults::RawFrame,
    refusal::Refusal,
    session::{begin, client_socket::ClientSocket, ending::Ending, outbox::Outgoing},
};

impl Session {
    pub(super) async fn send_begin(&mut self, socket: &mut ClientSocket) -> Result<(), Ending> {
        self.begun = true;
        self.service.logs.write(self.key, |log| log.begun = true);
        let age = self.service.clock.now() - self.opened;
        let opened_unix = self.service.clock.unix() - age;
        if let Some(text) = self.faults.replace_begin.take() {
            self.send_raw(socket, RawFrame::Text(text)).await?;
        } else {
            let begin = begin::message(&self.id, opened_unix, &self.admission);
            self.send(socket, &ServerMessage::Begin(begin)).await?;
        }
        if begin::fails_after_begin(&self.admission.parameters.model()) {
            return Err(Ending::Refused(Refusal::cancelled()));
        }
        self.run_timed_faults(socket).await
    }

    pub(super) async fn send_due(
        &mut self,
        socket: &mut ClientSocket,
        now: Duration,
    ) -> Result<(), Ending> {
        while let Some(outgoing) = self.messages.pop(now) {
            let Outgoing::Message(message) = outgoing else {
                return self.send_termination(socket).await;
            };
            self.send(socket, &message).await?;
        }
        Ok(())
    }

    async fn send_termination(&mut self, socket: &mut ClientSocket) -> Result<(), Ending> {
        let open = self.service.clock.now() - self.opened;
        let termination = ServerMessage::Termination(Termination {
            audio_duration_seconds: self.frames.audio_ms() / 1_000,
            session_duration_seconds: open.as_secs_f64().ceil() as u64,
        });
        self.send(socket, &termination).await?;
        Err(Ending::Terminated {
            close: !self.faults.no_close,
        })
    }

    pub(super) async fn send_heartbeat(
        &mut self,
        socket: &mut ClientSocket,
        now: Duration,
    ) -> Result<(), Ending> {
        let audio_ms = self.frames.audio_ms();
        let open = now - self.opened;
        let heartbeat = self
            .heartbeat
            .as_mut()
            .and_then(|clock| clock.take_due(now, open, audio_ms));
        match heartbeat {
            Some(heartbeat) => {
                self.send(socket, &ServerMessage::Heartbeat(heartbeat))
                    .await
            }
            None => Ok(()),
        }
    }

    /// Sends the delayed messages, which the client receives before this ending.
    pub(super) async fn send_rest(&mut self, socket: &mut ClientSocket, ending: Ending) -> Ending {
        let clock = &self.service.clock;
        let end_at = self.sender.due(clock.now());
        loop {
            let now = clock.now();
            if let Err(closed) = self.sender.send_due(socket, now).await {
                return Ending::ByClient(closed);
            }
            if now >= end_at {
                return ending;
            }
            let next = self.sender.next_due().unwrap_or(end_at);
            tokio::select! {
                closed = socket.closed_by_client() => return Ending::ByClient(closed),
                () = clock.sleep_until(Some(next)) => {}
                () = self.service.stopping() => return Ending::Stopped,
            }
        }
    }

    pub(super) async fn send(
        &mut self,
        socket: &mut ClientSocket,
        message: &ServerMessage,
    ) -> Result<(), Ending> {
        let now = self.service.clock.now();
        let audio_ms = self.frames.audio_ms();
        if let ServerMessage::Turn(turn) = message
            && !turn.words.is_empty()
        {
            self.service.logs.write(self.key, |log| {
                log.words_after_ms.get_or_insert(audio_ms);
            });
        }
        self.sender
            .send(socket, message, now, audio_ms)
            .await
            .map_err(Ending::ByClient)
    }

    pub(super) async fn send_raw(
        &mut self,
        socket: &mut ClientSocket,
        frame: RawFrame,
    ) -> Result<(), Ending> {
        let frame = match frame {
            RawFrame::Text(text) => Message::Text(text.into()),
            RawFrame::Bytes(bytes) => Message::Binary(bytes.into()),
        };
        let now = self.service.clock.now();
        self.sender
            .send_frame(socket, frame, now)
            .await
            .map_err(Ending::ByClient)
    }
}
