//! Invariants that are checked after every effect of every story.

use inturn_client_core::session::{Attempt, Effect, Event, State};
use inturn_protocol::{ClientMessage, TokenReply};

/// Tracks the effects, and fails the test at the first one that violates an invariant.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Frames sent to the service, over all sessions.
    pub(crate) frames: Vec<Vec<u8>>,
    /// The open socket, or the last one.
    socket: Option<Attempt>,
    pub(crate) microphones: Count,
    pub(crate) sockets: Count,
    /// Number of `Terminate` messages sent.
    pub(crate) terminated: usize,
    /// The last reported state.
    pub(crate) state: State,
    /// Leases that our server counts.
    pub(crate) counted: Vec<String>,
    begun: bool,
    terminate_sent: bool,
}

/// How often something was opened and closed.
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
    pub(crate) fn check_effect(&mut self, effect: &Effect) {
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
                assert!(!self.terminate_sent, "audio after Terminate");
                self.frames.push(frame.to_vec());
            }
            Effect::SendControl { attempt, text } => {
                assert_eq!(self.socket, Some(*attempt), "a message for another socket");
                assert!(self.sockets.is_open(), "a message without a socket");
                assert!(!self.terminate_sent, "a message after Terminate");
                let message = ClientMessage::decode(text).expect("the service can decode it");
                assert_eq!(message, ClientMessage::Terminate);
                self.terminate_sent = true;
                self.terminated += 1;
            }
            Effect::CloseSocket(attempt) => {
                assert_eq!(self.socket, Some(*attempt), "closes another socket");
                assert!(self.sockets.is_open(), "no socket to close");
                self.sockets.closed += 1;
            }
            Effect::ReportBegin { lease, .. } => {
                assert!(self.begun, "reports a session that did not begin");
                assert!(self.counted.contains(lease), "reports an unknown lease");
            }
            Effect::ProbeNetwork(_) => {
                assert!(self.terminate_sent, "a probe before Terminate");
                assert!(self.sockets.is_open(), "a probe without a socket");
            }
            Effect::ReleaseLease(id) => {
                let counted = self.counted.iter().position(|it| it == id);
                self.counted.remove(counted.expect("the lease is counted"));
            }
            Effect::Event(event) => {
                if let Event::State(state) = event {
                    self.state = *state;
                }
                assert_no_token(&format!("{event:?}"));
            }
            Effect::Log(line) => assert_no_token(line),
        }
    }

    /// Records that our server answered, and counts its lease.
    pub(crate) fn on_token(&mut self, body: &str) {
        let reply = TokenReply::decode(body);
        self.counted.extend(reply.and_then(|it| it.recording));
    }

    /// Records that the service sent `Begin` on the open socket.
    pub(crate) fn on_begin(&mut self) {
        self.begun = true;
    }

    /// Records that the service closed the open socket.
    pub(crate) fn on_socket_closed(&mut self) {
        if self.sockets.is_open() {
            self.sockets.closed += 1;
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// Checks that an idle recorder holds no resources.
    pub(crate) fn check(&self) {
        if self.is_idle() {
            assert!(!self.microphones.is_open(), "idle with the microphone on");
            assert!(!self.sockets.is_open(), "idle with a socket open");
            assert!(self.counted.is_empty(), "idle with a lease");
        }
    }
}

fn assert_no_token(text: &str) {
    assert!(!text.contains(TOKEN), "leaks the token: {text}");
}

/// The token of every story, which must not leak.
pub(crate) const TOKEN: &str = "tok3n-that-must-not-leak";
