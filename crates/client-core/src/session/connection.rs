//! A connection to the service.

use std::{ops::Range, time::Duration};

use inturn_protocol::{ErrorMessage, SpeechModel};

use super::{
    io::Attempt,
    last_words::LastWords,
    liveness::Liveness,
    timers::Timers,
    upload::{Feed, duration},
};

/// A connection to the service: its token, socket and session. A recording has several, one after
/// another or at the same time.
#[derive(Debug)]
pub(super) struct ServiceConnection {
    pub(super) attempt: Attempt,
    pub(super) role: Role,
    pub(super) stage: Stage,
    pub(super) timers: Timers,
    /// Its position in the recording's audio.
    pub(super) feed: Feed,
    /// Whether the feed has its position: from the first moment at which audio can be sent.
    pub(super) is_fed: bool,
    /// Number of bytes in the socket at the last check.
    pub(super) unsent: u64,
    pub(super) liveness: Liveness,
    /// The last `Error` message of the session: the close that follows does not repeat it.
    pub(super) error: Option<ErrorMessage>,
    /// How long the service lets a session last.
    pub(super) max_session: Duration,
    /// End of the settled words, in samples of the recording.
    pub(super) settled: u64,
    /// End of the last word that the service has reported, in samples of the recording.
    pub(super) reported: u64,
    /// Whether the service has reported a turn.
    pub(super) has_turns: bool,
}

/// What a connection transcribes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The words being spoken.
    Live,
    /// A part of the recording that was missed, in samples.
    Fill(Range<u64>),
    /// The rest up to this sample, from which its successor transcribes.
    Retiring(u64),
}

/// The stages of a [`ServiceConnection`].
#[derive(Debug)]
pub(super) enum Stage {
    /// The token request is pending. Runs [`Timer::Token`](super::timers::Timer::Token).
    Token,
    /// The socket is opening, or `Begin` has not arrived yet. Runs
    /// [`Timer::Begin`](super::timers::Timer::Begin).
    Opening(SpeechModel),
    /// The session with this number is open. Runs [`Timer::Pace`](super::timers::Timer::Pace).
    Open(u32),
    /// `Terminate` was sent. Turns still count.
    Closing { session: u32, wait: LastWords },
}

impl ServiceConnection {
    /// Creates a connection that starts with a token request.
    pub(super) fn new(attempt: Attempt, role: Role) -> Self {
        Self {
            attempt,
            role,
            stage: Stage::Token,
            timers: Timers::default(),
            feed: Feed::default(),
            is_fed: false,
            unsent: 0,
            liveness: Liveness::default(),
            error: None,
            max_session: Duration::ZERO,
            settled: 0,
            reported: 0,
            has_turns: false,
        }
    }

    /// Returns `true` from the moment a socket is requested.
    pub(super) fn has_socket(&self) -> bool {
        !matches!(self.stage, Stage::Token)
    }

    /// Returns `true` if a session is open and `Terminate` was not sent.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open(_))
    }

    /// Returns the number of the open session.
    pub(super) fn session(&self) -> Option<u32> {
        match self.stage {
            Stage::Token | Stage::Opening(_) => None,
            Stage::Open(session) | Stage::Closing { session, .. } => Some(session),
        }
    }

    /// Returns `true` if the service has certainly received all audio: the session answered, and
    /// the network was never slow or down after `Terminate`.
    pub(super) fn has_heard_all(&self) -> bool {
        let is_fast = matches!(&self.stage, Stage::Closing { wait, .. } if !wait.is_slow());
        is_fast && self.has_turns
    }

    /// Gives the connection its position in the audio.
    pub(super) fn start_feed(&mut self, feed: Feed) {
        self.settled = feed.span().owned_from();
        self.reported = self.settled;
        self.feed = feed;
        self.is_fed = true;
    }

    /// Returns the length of the sent audio after the last word that the service has reported.
    pub(super) fn unreported(&self) -> Duration {
        duration(self.feed.next_sample().saturating_sub(self.reported))
    }
}
