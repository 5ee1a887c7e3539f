//! What a shell tells the machine, and what the machine has it do.

use crate::problem::{MicrophoneFailure, TokenFailure};
use crate::view::ViewChange;

/// Counts tries at a connection, so that an answer to a given-up one is told from the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt(pub u32);

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<'a> {
    /// A person asks for a recording. Ignored while one is going on: double clicks start one.
    Record,
    /// A person ends it; a second time, without waiting for the last words.
    Stop,
    /// The page is going: end the session while there is time.
    Leave,
    /// The microphone is on; its blocks have this rate, in Hz.
    MicrophoneOpened {
        /// The rate of the blocks, in Hz.
        rate_hz: u32,
    },
    /// The microphone could not be had.
    MicrophoneFailed(MicrophoneFailure),
    /// The microphone went away.
    MicrophoneLost,
    /// Captured audio: `channels` planes of equal length, -1 to 1, one behind the other.
    Block {
        /// The samples.
        planar: &'a [f32],
        /// How many planes.
        channels: usize,
    },
    /// The last block has come.
    AudioEnded,
    /// Our server answered a request for a token.
    TokenReply {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// The HTTP status.
        status: u16,
        /// The body.
        body: &'a str,
    },
    /// A request for a token got no answer.
    TokenFailed {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// Why.
        failure: TokenFailure,
    },
    /// The service said something.
    SocketMessage {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// A text frame.
        text: &'a str,
    },
    /// The socket closed, from whichever side.
    SocketClosed {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// The close code; 1006 where there was none.
        code: u16,
        /// The close reason.
        reason: &'a str,
    },
    /// So much of what was sent is still in the socket. To be said before each `Wake` while there is
    /// a socket.
    Unsent {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// `bufferedAmount`.
        bytes: u64,
    },
    /// What came of [`Effect::ProbeNetwork`].
    NetworkProbed {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// Whether anybody answered, whatever the answer.
        is_up: bool,
    },
    /// [`Recorder::next_wake`](crate::session::Recorder::next_wake) has come.
    Wake,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask for the microphone; answer with `MicrophoneOpened` or `MicrophoneFailed`.
    OpenMicrophone,
    /// Turn the microphone off now, or stop asking for it; then pass on what it had captured, and
    /// say `AudioEnded`.
    CloseMicrophone,
    /// Ask our server for a token; answer with `TokenReply` or `TokenFailed`.
    FetchToken(Attempt),
    /// Open the socket. The URL may be relative to the page, and holds the token: never log it.
    OpenSocket {
        /// To be given back with all that comes of it.
        attempt: Attempt,
        /// Absolute or relative.
        url: String,
    },
    /// Send a binary frame.
    SendAudio(Vec<u8>),
    /// Send a text frame.
    SendControl(String),
    /// Close the socket, or stop opening it.
    CloseSocket,
    /// Tells our server that a session of this recording began; fire and forget.
    BeginRecording {
        /// What our server knows the recording by.
        recording: String,
        /// The model that the service says it uses, if it says so.
        model: Option<String>,
    },
    /// Ask our server for anything; answer with `NetworkProbed` within [`PROBE`](crate::session::PROBE) or later.
    ProbeNetwork(Attempt),
    /// Tell our server that what it knows by this name is over; nothing is to come of it. Also while the
    /// page goes.
    EndRecording(String),
    /// Show this.
    View(ViewChange),
    /// A line for the console: the cause of something, never a token and never what was said.
    Note(String),
}
