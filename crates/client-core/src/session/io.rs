//! The inputs, effects and events of the state machine.

use std::sync::Arc;

use inturn_transcript::Change;
use serde::{Deserialize, Serialize};

use crate::{
    problem::{MicrophoneFailure, Problem, TokenFailure},
    recording::RecordingInfo,
};

/// The number of a connection attempt. Identifies answers that come too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt(pub u32);

/// Something that happened, which the shell reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<'a> {
    /// A person starts a recording. Ignored during a recording: a double click starts one.
    Record,
    /// A person stops the recording. A second `Stop` ends it without waiting for the last words.
    Stop,
    /// A person pauses the recording: the microphone is turned off, and the session ends once it
    /// has reported the last words.
    Pause,
    /// A person resumes a paused recording.
    Resume,
    /// A person goes on with a recording that is about to end because there were no words.
    KeepRecording,
    /// The page is closing: the session must end at once.
    Leave,
    /// The microphone is on: a recording begins, or goes on after a pause or the loss of the
    /// microphone. From now on, blocks come from this microphone only.
    MicrophoneOpened {
        /// The rate of the blocks, in Hz.
        rate_hz: u32,
        /// Id and start time of the new recording. Not used if a recording goes on.
        recording: RecordingInfo,
    },
    /// The microphone could not be opened.
    MicrophoneFailed(MicrophoneFailure),
    /// The microphone was disconnected.
    MicrophoneLost,
    /// The system or the browser takes the microphone's sound away while it stays open, or gives it
    /// back (`None`).
    MicrophoneHeld(Option<Hold>),
    /// Devices were connected or disconnected.
    DevicesChanged,
    /// Captured audio: `channels` planes of equal length, one after another, with samples from -1
    /// to 1.
    Block {
        /// The samples.
        planar: &'a [f32],
        /// The number of planes.
        channels: usize,
    },
    /// The system has dropped this many frames before the next block. They are part of the
    /// timeline.
    Overrun {
        /// The number of samples of each channel, at the microphone's rate.
        frames: u64,
    },
    /// The microphone is off, and its last block was reported.
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
        /// The reason.
        failure: TokenFailure,
    },
    /// A socket is open, and may be written to.
    SocketOpened(Attempt),
    /// The service sent a text message.
    SocketMessage {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// The content of the text frame.
        text: &'a str,
    },
    /// The socket closed; either side may have closed it.
    SocketClosed {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// The close code, or 1006 if there was none.
        code: u16,
        /// The close reason.
        reason: &'a str,
    },
    /// Number of sent bytes that are still in a socket. Required before each `Wake` for each
    /// socket.
    Unsent {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// The socket's `bufferedAmount`.
        bytes: u64,
    },
    /// The result of [`Effect::ProbeNetwork`].
    NetworkProbed {
        /// The attempt it belongs to.
        attempt: Attempt,
        /// Whether there was an answer. Any answer counts.
        is_up: bool,
    },
    /// The browser reports that there is no network.
    Offline,
    /// The browser reports that there is a network again. A waiting recording connects at once.
    Online,
    /// The person has returned to the page. A waiting recording connects at once.
    Shown,
    /// The time of [`Recorder::next_wake`](crate::session::Recorder::next_wake) has come.
    Wake,
}

/// Why a microphone that is open delivers no sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// The system, or a switch on the device, mutes it.
    Muted,
    /// Another program has it, for example a telephone call.
    Interrupted,
    /// The browser paused the audio, and goes on only after a tap or a click.
    Suspended,
}

/// Which microphone to open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Device {
    /// The one that the person chose, or the system's default.
    #[default]
    Chosen,
    /// The one that was lost, and no other.
    Lost,
    /// The system's default.
    SystemDefault,
}

/// Something for the shell to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Open the microphone. Answer with `MicrophoneOpened` or `MicrophoneFailed`. If there is a
    /// microphone already, it has failed: release it first.
    OpenMicrophone(Device),
    /// Turn the microphone off now, or cancel the request for it. Then report the blocks it has
    /// already captured, and `AudioEnded`.
    CloseMicrophone,
    /// Request a token from our server. Answer with `TokenReply` or `TokenFailed`.
    FetchToken {
        /// Identifies the request.
        attempt: Attempt,
        /// The lease of the recording, if it has one: the new session continues it.
        lease: Option<String>,
    },
    /// Open a socket. The URL may be relative to the page. It holds the token: never log it.
    OpenSocket {
        /// Identifies the socket in all inputs and effects.
        attempt: Attempt,
        /// The address, absolute or relative to the page.
        url: String,
    },
    /// Send a binary frame.
    SendAudio {
        /// The socket.
        attempt: Attempt,
        /// Little-endian 16-bit samples at 16 kHz.
        frame: Arc<[u8]>,
    },
    /// The timeline has grown by a chunk. Each chunk comes once and in order, whatever the
    /// connection does, so that a shell can keep the audio; otherwise there is nothing to do. After
    /// a pause or a long time without a microphone, `first_sample` is later than the end of the
    /// chunk before.
    Captured {
        /// Where the chunk begins: in samples at 16 kHz since the start of the recording.
        first_sample: u64,
        /// Little-endian 16-bit samples at 16 kHz, mono. The same memory as in `SendAudio`.
        frame: Arc<[u8]>,
    },
    /// Send a text frame.
    SendControl {
        /// The socket.
        attempt: Attempt,
        /// The message as JSON.
        text: String,
    },
    /// Close a socket, or cancel its opening.
    CloseSocket(Attempt),
    /// Report to our server that a session under this lease began; fire and forget.
    ReportBegin {
        /// The lease that came with the token.
        lease: String,
        /// The model that the service reports, if it reports one.
        model: Option<String>,
    },
    /// Send any request to our server. Answer with `NetworkProbed`, within
    /// [`PROBE_TIMEOUT`](crate::session::PROBE_TIMEOUT) or later.
    ProbeNetwork(Attempt),
    /// Release this lease at our server; fire and forget. Must work while the page is closing.
    ReleaseLease(String),
    /// Pass an event to the page, or to another view of the recording.
    Event(Event),
    /// Write a line to the console: the cause of something, never a token or transcript text.
    Log(String),
}

/// An event for the page, or for another view of the recording.
///
/// What a document is made of comes first: the script in `public/index.html` keeps the messages
/// whose second byte is at most 2 for the module that is loaded later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A recording began. All following changes belong to it.
    Began(RecordingInfo),
    /// The state of the recording changed.
    State(State),
    /// The transcript changed.
    Changed(Change),
    /// A problem occurred. If it ended the recording, [`State::Idle`] follows.
    Problem(Problem),
    /// A problem interrupts the transcription. The audio is kept, and the recorder tries again by
    /// itself. [`Resolved`](Self::Resolved) follows, or a problem that ends the recording.
    Interrupted(Problem),
    /// A problem that did not end the recording is over.
    Resolved(Problem),
    /// Seconds until a retry makes sense; 0 once it does. Sent every second after a problem that
    /// requires a wait.
    RetryWait(u32),
    /// Seconds until the recording ends because there were no words, from 60 down to 1. Sent every
    /// second. `None` ends the countdown: there are words, the person goes on, the connection is
    /// lost, or the recording has ended.
    IdleCountdown(Option<u32>),
    /// Seconds for which the recording's sessions were connected, as the service bills them: two at
    /// the same time count twice. Sent at most once a second, and when the recording is over.
    Billed(u32),
    /// What comes from the microphone has changed. [`Sound::Arriving`] at the start and at the end
    /// of a recording and of a pause is not reported.
    Sound(Sound),
    /// A reading of the level meter, several times a second while the microphone is on.
    Level(LevelReading),
}

/// The states of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// There is no recording in progress.
    #[default]
    Idle,
    /// The browser's microphone prompt is open.
    AwaitingMicrophone,
    /// The person records, and the first session has not begun. All audio is kept.
    Connecting,
    /// The person records, and a session transcribes.
    Listening(Progress),
    /// The person records, and no session transcribes. All audio is kept.
    Reconnecting {
        /// What is missing.
        outage: Outage,
        /// Length of the audio since the connection was lost, in whole seconds.
        secs: u32,
    },
    /// The person has paused the recording. The microphone is off. The last words before the pause
    /// may still be awaited.
    Paused,
    /// The microphone is off, and the last words are awaited.
    Finishing(Awaited),
}

/// What comes from the microphone during a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sound {
    /// Audio.
    #[default]
    Arriving,
    /// Only digital silence, since the microphone was opened. A Bluetooth link takes about 0.6 s to
    /// start.
    Preparing,
    /// Only digital silence, for some seconds.
    Silent,
    /// Nothing, because the system or the browser holds the microphone's sound back.
    Held(Hold),
    /// Nothing, for an unknown reason. The recorder waits a little before it opens the microphone
    /// again.
    Stalled,
    /// Nothing, because there is no microphone. The recorder tries to open one.
    Missing {
        /// Length of the gap so far, in whole seconds.
        secs: u32,
    },
}

/// How far the words are behind the voice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// The words appear as they are spoken.
    #[default]
    Live,
    /// The words are late. All audio is kept.
    Behind {
        /// Length of the audio without words, in seconds, rounded up.
        secs: u32,
    },
    /// The words appear as they are spoken, and another session transcribes an earlier part.
    Filling {
        /// Length of the part that is left, in seconds, rounded up.
        secs: u32,
    },
}

/// Why no session transcribes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outage {
    /// The connection to the service was lost, or the service has a problem.
    #[default]
    Service,
    /// The network, or our server, cannot be reached.
    Offline,
    /// The person must sign in again.
    SignIn,
}

/// What the recorder waits for between Stop and the last word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Awaited {
    /// The service's last words.
    #[default]
    LastWords,
    /// The upload of the rest of the audio.
    Upload {
        /// Remaining audio in seconds, rounded up.
        secs: u32,
    },
    /// A connection, for the words that are missing.
    Connection(Outage),
}

/// A reading of the level meter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelReading {
    /// The meter's reading on a decibel scale: from 0 for silence to 100 for full scale.
    pub percent: u32,
    /// The end of the timeline, in milliseconds.
    pub captured_ms: u32,
}

impl State {
    /// Returns `true` if the microphone is on or its prompt is open.
    pub fn has_microphone(self) -> bool {
        matches!(
            self,
            Self::AwaitingMicrophone
                | Self::Connecting
                | Self::Listening(_)
                | Self::Reconnecting { .. }
        )
    }
}
