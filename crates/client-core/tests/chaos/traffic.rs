//! What passes the sockets: audio to the service, and messages back.

use std::rc::Rc;

use inturn_client_core::session::{Attempt, Input};
use inturn_protocol::TERMINATE;

use super::{
    network::Socket,
    plan::SocketFailure,
    random::Random,
    script::{SAMPLES_PER_MS, listen, newest},
    service::Session,
    shell::{Scheduled, Simulation},
};

impl Simulation {
    pub(crate) fn open_socket(&mut self, attempt: Attempt, url: &str) {
        let token = url.rsplit_once("token=").map_or("", |(_, token)| token);
        let index = self.sockets.len();
        self.sockets.push(Socket::new(attempt, token.to_owned()));
        let ms = self.random.range(100, 400);
        let failure = match self.world.is_network_down(self.now) {
            true => Some(
                self.random
                    .pick(&[SocketFailure::Never, SocketFailure::Refused]),
            ),
            false => self.world.socket_failure(self.now),
        };
        match failure {
            Some(SocketFailure::Never) => {}
            Some(SocketFailure::Refused) => {
                self.at(ms * 4, Scheduled::Closed(index, 1006, String::new()));
            }
            Some(SocketFailure::NoBegin) | None => self.at(ms, Scheduled::Opened(index)),
        }
    }

    pub(crate) fn on_opened(&mut self, index: usize) {
        let socket = &mut self.sockets[index];
        if !socket.is_open || socket.is_dead {
            return;
        }
        socket.is_writable = true;
        let attempt = socket.attempt;
        self.handle(Input::SocketOpened(attempt));
        if self.world.take_expired_token() {
            let token = &self.sockets[index].token;
            let error = format!("Unauthorized Connection: token {token} has expired");
            self.close_by_service(index, 1008, true, &error);
            return;
        }
        if matches!(
            self.world.socket_failure(self.now),
            Some(SocketFailure::NoBegin)
        ) {
            return;
        }
        let random = Random::new(self.plan.seed, 10 + index as u64);
        let session = Session::new(Rc::clone(&self.words), self.plan.behaviour.clone(), random);
        self.sockets[index].session = Some(session);
        let ms = self.random.range(100, 900);
        let begin = r#"{"type":"Begin","id":"s","expires_at":1}"#;
        self.send_down(index, ms, begin.to_owned());
        self.at(
            ms + self.plan.behaviour.cap_secs * 1_000,
            Scheduled::Expire(index),
        );
        if self.plan.behaviour.has_heartbeats {
            self.at(ms + 5_000, Scheduled::Heartbeat(index));
        }
    }

    pub(crate) fn send_audio(&mut self, attempt: Attempt, frame: &[u8]) {
        let Some(index) = self.open_index(attempt) else {
            return self.watch.fail("audio for a socket that is not open");
        };
        let stretches = listen(frame);
        let newest = newest(&stretches);
        self.watch.on_sent(newest);
        let samples = frame.len() as u64 / 2;
        let audio_us = samples * 1_000 / SAMPLES_PER_MS;
        let latency = self.random.range(20_000, 60_000);
        let socket = &mut self.sockets[index];
        socket.newest = newest.or(socket.newest);
        if !socket.is_writable || socket.is_terminated {
            self.watch
                .fail("audio before the socket is open, or after Terminate");
        }
        if !(50_000..=1_000_000).contains(&audio_us) {
            self.watch.fail("a frame outside of 50 to 1000 ms");
        }
        if socket.is_too_fast(self.now, audio_us) {
            self.watch.fail("audio too fast");
        }
        let at = socket.send(self.now, frame.len() as u64, latency);
        self.at_time(at, Scheduled::Heard(index, stretches));
    }

    pub(crate) fn send_control(&mut self, attempt: Attempt, text: &str) {
        let Some(index) = self.open_index(attempt) else {
            return self.watch.fail("a message for a socket that is not open");
        };
        let socket = &mut self.sockets[index];
        if text != TERMINATE || std::mem::replace(&mut socket.is_terminated, true) {
            self.watch.fail("a second Terminate, or another message");
        }
        let at = socket.send(self.now, text.len() as u64, 40_000);
        self.at_time(at, Scheduled::Terminate(index));
    }

    /// Sends a message of the service after `ms`.
    pub(crate) fn send_down(&mut self, index: usize, ms: u64, text: String) {
        let latency = self.random.range(20_000, 60_000) + self.world.lateness(self.now) * 1_000;
        let at = self.sockets[index].receive(self.now + ms * 1_000, latency);
        self.at_time(at, Scheduled::Message(index, text));
    }

    /// Closes a socket on the service's side.
    pub(crate) fn close_by_service(&mut self, index: usize, code: u16, has_error: bool, why: &str) {
        self.sockets[index].has_ended = true;
        if has_error {
            let text = format!(r#"{{"type":"Error","error_code":{code},"error":"{why}"}}"#);
            self.send_down(index, 0, text);
        }
        let latency = self.random.range(20_000, 60_000);
        let at = self.sockets[index].receive(self.now, latency);
        let reason = if has_error {
            String::new()
        } else {
            why.to_owned()
        };
        self.at_time(at, Scheduled::Closed(index, code, reason));
    }

    pub(crate) fn open_index(&self, attempt: Attempt) -> Option<usize> {
        self.sockets
            .iter()
            .position(|it| it.attempt == attempt && it.is_open)
    }

    /// Lets the service do something, unless it has ended the session or nothing reaches it.
    pub(crate) fn at_service(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut Session) -> Vec<(u64, String)>,
    ) {
        let socket = &mut self.sockets[index];
        if socket.is_dead || socket.has_ended {
            return;
        }
        let Some(session) = &mut socket.session else {
            return;
        };
        let replies = act(session);
        if !socket.is_deaf {
            for (ms, text) in replies {
                self.send_down(index, ms, text);
            }
        }
    }

    pub(crate) fn on_message(&mut self, index: usize, text: &str) {
        let socket = &mut self.sockets[index];
        if !socket.is_open || socket.is_dead || socket.is_deaf {
            return;
        }
        socket.has_begun |= text.contains("\"Begin\"");
        let (attempt, newest) = (socket.attempt, socket.newest);
        self.watch.on_message(newest, self.microphone.speech);
        self.handle(Input::SocketMessage { attempt, text });
    }
}
