//! Invariants that are checked after every effect of every story.

use inturn_client_core::session::{Attempt, Device, Effect, Event, State};
use inturn_protocol::{ClientMessage, TokenReply};

/// Tracks the effects, and fails the test at the first one that violates an invariant.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Frames sent to the service, over all sessions, in the order of sending.
    pub(crate) frames: Vec<Vec<u8>>,
    /// The audio of the current recording or the last one, as a shell keeps it.
    pub(crate) captured: Vec<u8>,
    /// All sockets, in the order of opening.
    pub(crate) all_sockets: Vec<SocketRecord>,
    pub(crate) microphones: Count,
    pub(crate) sockets: Count,
    /// Number of `Terminate` messages sent.
    pub(crate) terminated: usize,
    /// The last reported state.
    pub(crate) state: State,
    /// Leases that our server counts.
    pub(crate) counted: Vec<String>,
}

/// What happened on a socket.
#[derive(Clone, Debug)]
pub(crate) struct SocketRecord {
    pub(crate) attempt: Attempt,
    pub(crate) is_open: bool,
    /// Whether it may be written to.
    can_write: bool,
    pub(crate) terminate_sent: bool,
    /// Bytes of audio passed to it.
    pub(crate) bytes: usize,
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
            Effect::OpenMicrophone(Device::Lost | Device::SystemDefault) => {
                assert!(self.microphones.is_open(), "no microphone to replace");
            }
            Effect::OpenMicrophone(Device::Chosen) => {
                assert!(!self.microphones.is_open(), "two microphones at once");
                self.microphones.opened += 1;
            }
            Effect::CloseMicrophone => {
                assert!(self.microphones.is_open(), "no microphone to close");
                self.microphones.closed += 1;
            }
            Effect::FetchToken { lease, .. } => {
                let open = self.all_sockets.iter().filter(|it| it.is_open).count();
                assert!(open <= 2, "three sessions at once");
                if let Some(lease) = lease {
                    assert!(self.counted.contains(lease), "continues an unknown lease");
                }
            }
            Effect::OpenSocket { attempt, .. } => {
                self.all_sockets.push(SocketRecord {
                    attempt: *attempt,
                    is_open: true,
                    can_write: false,
                    terminate_sent: false,
                    bytes: 0,
                });
                self.sockets.opened += 1;
            }
            Effect::SendAudio { attempt, frame } => {
                let socket = self.open_socket(*attempt);
                assert!(socket.can_write, "audio before the socket is open");
                assert!(!socket.terminate_sent, "audio after Terminate");
                socket.bytes += frame.len();
                self.frames.push(frame.to_vec());
            }
            Effect::Captured {
                first_sample,
                frame,
            } => self.on_captured(*first_sample, frame),
            Effect::SendControl { attempt, text } => {
                let socket = self.open_socket(*attempt);
                assert!(!socket.terminate_sent, "a message after Terminate");
                socket.terminate_sent = true;
                let message = ClientMessage::decode(text).expect("the service can decode it");
                assert_eq!(message, ClientMessage::Terminate);
                self.terminated += 1;
            }
            Effect::CloseSocket(attempt) => {
                self.open_socket(*attempt).is_open = false;
                self.sockets.closed += 1;
            }
            Effect::ReportBegin { lease, .. } => {
                assert!(self.counted.contains(lease), "reports an unknown lease");
            }
            Effect::ProbeNetwork(attempt) => {
                let socket = self.open_socket(*attempt);
                assert!(socket.terminate_sent, "a probe before Terminate");
            }
            Effect::ReleaseLease(id) => {
                let counted = self.counted.iter().position(|it| it == id);
                self.counted.remove(counted.expect("the lease is counted"));
            }
            Effect::Event(event) => {
                match event {
                    Event::State(state) => self.state = *state,
                    Event::Began(_) => self.captured.clear(),
                    _ => {}
                }
                assert_no_token(&format!("{event:?}"));
            }
            Effect::Log(line) => assert_no_token(line),
        }
    }

    /// Puts a chunk of the current recording at its place. What is left out is silent.
    fn on_captured(&mut self, first_sample: u64, frame: &[u8]) {
        let at = usize::try_from(first_sample).expect("it fits") * 2;
        assert!(
            at >= self.captured.len(),
            "captured twice at {first_sample}"
        );
        assert!(
            !frame.is_empty() && frame.len().is_multiple_of(2),
            "no whole samples"
        );
        self.captured.resize(at, 0);
        self.captured.extend(frame);
    }

    fn open_socket(&mut self, attempt: Attempt) -> &mut SocketRecord {
        let mut sockets = self.all_sockets.iter_mut();
        let socket = sockets.find(|it| it.attempt == attempt && it.is_open);
        socket.unwrap_or_else(|| panic!("no socket is open for {attempt:?}"))
    }

    /// Records that our server answered, and counts its lease once.
    pub(crate) fn on_token(&mut self, body: &str) {
        let lease = TokenReply::decode(body).and_then(|it| it.recording);
        if let Some(lease) = lease
            && !self.counted.contains(&lease)
        {
            self.counted.push(lease);
        }
    }

    /// Records that a socket is open, or that the service sent `Begin` on it.
    pub(crate) fn on_writable(&mut self, attempt: Attempt) {
        for socket in &mut self.all_sockets {
            socket.can_write |= socket.attempt == attempt;
        }
    }

    /// Records that the service closed a socket.
    pub(crate) fn on_socket_closed(&mut self, attempt: Attempt) {
        let mut sockets = self.all_sockets.iter_mut();
        if let Some(socket) = sockets.find(|it| it.attempt == attempt && it.is_open) {
            socket.is_open = false;
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
