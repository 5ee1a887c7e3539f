//! What must hold after every effect of every story.

use inturn_client_core::session::{Attempt, Effect, Event, State};
use inturn_protocol::{ClientMessage, TokenReply};

/// Follows the effects and fails the test at the first that breaks a promise.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Frames handed to the service, over all sessions.
    pub(crate) frames: Vec<Vec<u8>>,
    /// The socket that is open, or was last.
    socket: Option<Attempt>,
    pub(crate) microphones: Count,
    pub(crate) sockets: Count,
    /// `Terminate`s sent.
    pub(crate) terminated: usize,
    /// The state that was said last.
    pub(crate) state: State,
    /// What our server counts.
    pub(crate) counted: Vec<String>,
    begun: bool,
    terminate_sent: bool,
}

/// How often something was opened and closed again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) opened: usize,
    pub(crate) closed: usize,
}

impl Count {
    pub(crate) fn is_open(self) -> bool {
        self.opened > self.closed
    }
}

impl Ledger {
    pub(crate) fn see(&mut self, effect: &Effect) {
        match effect {
            Effect::OpenMicrophone => {
                assert!(!self.microphones.is_open(), "two microphones at once");
                self.microphones.opened += 1;
            }
            Effect::CloseMicrophone => {
                assert!(self.microphones.is_open(), "no microphone to close");
                self.microphones.closed += 1;
            }
            Effect::FetchToken(_) => assert!(!self.sockets.is_open(), "two sessions at once"),
            Effect::OpenSocket { attempt, .. } => {
                self.socket = Some(*attempt);
                assert!(!self.sockets.is_open(), "two sockets at once");
                self.sockets.opened += 1;
                self.begun = false;
                self.terminate_sent = false;
            }
            Effect::SendAudio { attempt, frame } => {
                assert_eq!(self.socket, Some(*attempt), "audio for another socket");
                assert!(self.sockets.is_open(), "audio without a socket");
                assert!(self.begun, "audio before Begin");
                assert!(!self.terminate_sent, "audio behind Terminate");
                self.frames.push(frame.to_vec());
            }
            Effect::SendControl { attempt, text } => {
                assert_eq!(self.socket, Some(*attempt), "a message for another socket");
                assert!(self.sockets.is_open(), "a message without a socket");
                assert!(!self.terminate_sent, "a message behind Terminate");
                let message = ClientMessage::decode(text).expect("the service reads it");
                assert_eq!(message, ClientMessage::Terminate);
                self.terminate_sent = true;
                self.terminated += 1;
            }
            Effect::CloseSocket(attempt) => {
                assert_eq!(self.socket, Some(*attempt), "another socket to close");
                assert!(self.sockets.is_open(), "no socket to close");
                self.sockets.closed += 1;
            }
            Effect::ReportBegin { lease, .. } => {
                assert!(self.begun, "a session that did not begin");
                assert!(self.counted.contains(lease), "not counted");
            }
            Effect::ProbeNetwork(_) => {
                assert!(self.terminate_sent, "a probe before the end");
                assert!(self.sockets.is_open(), "a probe without a socket");
            }
            Effect::ReleaseLease(id) => {
                let counted = self.counted.iter().position(|it| it == id);
                self.counted
                    .remove(counted.expect("ended what is not counted"));
            }
            Effect::Event(event) => {
                if let Event::State(state) = event {
                    self.state = *state;
                }
                keeps_the_token(&format!("{event:?}"));
            }
            Effect::Log(line) => keeps_the_token(line),
        }
    }

    /// Our server answered, and counts what it names.
    pub(crate) fn token_comes(&mut self, body: &str) {
        let reply = TokenReply::decode(body);
        self.counted.extend(reply.and_then(|it| it.recording));
    }

    /// The service said `Begin` on the open socket.
    pub(crate) fn begins(&mut self) {
        self.begun = true;
    }

    /// The service closed the open socket.
    pub(crate) fn socket_closed(&mut self) {
        if self.sockets.is_open() {
            self.sockets.closed += 1;
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// Whatever is shown as at rest is at rest.
    pub(crate) fn check(&self) {
        if self.is_idle() {
            assert!(!self.microphones.is_open(), "idle with the microphone on");
            assert!(!self.sockets.is_open(), "idle with a socket open");
            assert!(self.counted.is_empty(), "idle, and our server still counts");
        }
    }
}

fn keeps_the_token(text: &str) {
    assert!(!text.contains(TOKEN), "the token got out: {text}");
}

/// The secret of every story.
pub(crate) const TOKEN: &str = "tok3n-that-nobody-may-see";
