//! What the shell gives the machine, and what the machine returns.

use std::sync::Arc;

use inturn_transcript::Change;
use serde::{Deserialize, Serialize};

use crate::problem::{MicrophoneFailure, Problem, TokenFailure};
use crate::recording::RecordingInfo;

/// Counts tries at a connection, so that a late answer is recognised.
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
    /// The microphone is on: a recording begins.
    MicrophoneOpened {
        /// The rate of the blocks, in Hz.
        rate_hz: u32,
        /// What the recording is known by from now on.
        recording: RecordingInfo,
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
    /// Open a socket. The URL may be relative to the page, and holds the token: never log it.
    OpenSocket {
        /// To be given back with all that comes of it.
        attempt: Attempt,
        /// Absolute or relative.
        url: String,
    },
    /// Send a binary frame.
    SendAudio {
        /// The socket.
        attempt: Attempt,
        /// Little-endian 16-bit samples at 16 kHz.
        frame: Arc<[u8]>,
    },
    /// Send a text frame.
    SendControl {
        /// The socket.
        attempt: Attempt,
        /// JSON.
        text: String,
    },
    /// Close a socket, or stop opening it.
    CloseSocket(Attempt),
    /// Tell our server that a session under this lease began; fire and forget.
    ReportBegin {
        /// What our server named with the token.
        lease: String,
        /// The model that the service says it uses, if it says so.
        model: Option<String>,
    },
    /// Ask our server for anything; answer with `NetworkProbed` within [`PROBE`](crate::session::PROBE) or later.
    ProbeNetwork(Attempt),
    /// Release this lease at our server; fire and forget. Also while the page goes.
    ReleaseLease(String),
    /// Something that the page, or whatever shows the recording, should know.
    Event(Event),
    /// A line for the console: the cause of something, never a token and never what was said.
    Log(String),
}

/// What happened, for the page or whatever else shows a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A recording began. All changes that follow belong to it.
    Began(RecordingInfo),
    /// The recording is in another state.
    State(State),
    /// Something went wrong. A problem that ended the recording is followed by [`State::Idle`].
    Problem(Problem),
    /// How long until trying again makes sense, in seconds; 0 once it does. Follows a problem that asks
    /// for a wait, each second.
    RetryWait(u32),
    /// How loud it is and how long the recording is, several times a second while the microphone is on.
    Level(LevelReading),
    /// The transcript changed.
    Changed(Change),
}

/// The states of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Nothing is going on.
    #[default]
    Idle,
    /// The browser is asking for the microphone.
    AwaitingMicrophone,
    /// The microphone is on and no session has begun. All audio is kept.
    Connecting,
    /// A session is on: words are coming.
    Listening,
    /// The microphone is off and the last words are awaited.
    Finishing(Awaited),
}

/// What is awaited between Stop and the last word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Awaited {
    /// The service's last words.
    #[default]
    LastWords,
    /// The upload of the rest of the audio.
    Upload {
        /// How much is left, in seconds, rounded up.
        secs: u32,
    },
    /// The network, which is down.
    Network,
}

/// A reading of the level meter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelReading {
    /// How far the meter is out, in hundredths: 0 for silence to 100 for full scale, on a scale of
    /// decibels.
    pub percent: u32,
    /// The end of the timeline, in milliseconds.
    pub captured_ms: u32,
}

impl State {
    /// Whether the microphone is on or being asked for.
    pub fn has_microphone(self) -> bool {
        matches!(
            self,
            Self::AwaitingMicrophone | Self::Connecting | Self::Listening
        )
    }
}
