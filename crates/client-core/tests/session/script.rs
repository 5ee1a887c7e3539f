//! What the browser, the server and the service of a story do by themselves.

use std::time::Duration;

use inturn_client_core::{
    problem::{MicrophoneFailure, TokenFailure},
    session::Attempt,
};

use super::replies::token_body;

/// Sample rate of [`Story::speak`](super::story::Story::speak): the service's own rate, at which a
/// block is one chunk.
pub(crate) const RATE_HZ: u32 = 16_000;

/// The result of a token request: status and body, or no answer.
pub(crate) type Answer = Result<(u16, String), TokenFailure>;

/// The automatic reactions of the browser, the server and the service. `None` means no reaction:
/// the test provides it.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// Result of opening the microphone: its rate in Hz, or a failure.
    pub(crate) microphone: Option<Result<u32, MicrophoneFailure>>,
    /// Delay from `CloseMicrophone` to `AudioEnded`.
    pub(crate) audio_end: Option<Duration>,
    /// Delay of our server's answer, and the answer.
    pub(crate) token: Option<(Duration, Answer)>,
    /// Delay from the request for the socket to `Begin`.
    pub(crate) begin: Option<Duration>,
    /// Delay from the arrival of `Terminate` at the service to `Termination`.
    pub(crate) termination: Option<Duration>,
    /// How fast the socket sends.
    pub(crate) uplink: Uplink,
    /// A socket from which no byte leaves.
    pub(crate) stuck: Option<Attempt>,
    /// Delay of our server's answer to a probe.
    pub(crate) probe: Option<Duration>,
}

/// The network from the socket to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uplink {
    /// All bytes leave the socket at once.
    Unlimited,
    /// Bytes that are not sent yet stay in the socket.
    Limited { bytes_per_second: u64 },
}

impl Default for Script {
    /// Everything succeeds at once.
    fn default() -> Self {
        Self {
            microphone: Some(Ok(RATE_HZ)),
            audio_end: Some(Duration::ZERO),
            token: Some((Duration::ZERO, Ok((200, token_body())))),
            begin: Some(Duration::ZERO),
            termination: Some(Duration::ZERO),
            uplink: Uplink::Unlimited,
            stuck: None,
            probe: Some(Duration::ZERO),
        }
    }
}

/// A scheduled reaction.
#[derive(Debug)]
pub(crate) enum Scheduled {
    MicrophoneOpened(u32),
    MicrophoneFailed(MicrophoneFailure),
    AudioEnded,
    Token(Attempt, Answer),
    Begin(Attempt),
    Message(Attempt, String),
    Probed(Attempt),
}
