//! A connection to the service.

use std::time::Duration;

use inturn_protocol::{ErrorMessage, SpeechModel, Turn};

use super::{
    io::Attempt,
    last_words::LastWords,
    upload::{Feed, duration},
};

/// A connection to the service: its token, socket and session. A recording may have several, one
/// after another.
#[derive(Debug)]
pub(super) struct ServiceConnection {
    pub(super) attempt: Attempt,
    pub(super) stage: Stage,
    /// Its position in the recording's audio.
    pub(super) feed: Feed,
    /// Number of bytes in the socket at the last check.
    pub(super) unsent: u64,
    /// The last `Error` message of the session: the close that follows does not repeat it.
    pub(super) error: Option<ErrorMessage>,
    /// End of the last word that the service has reported, from the start of the session's audio.
    reported: Duration,
}

/// The stages of a [`ServiceConnection`].
#[derive(Debug)]
pub(super) enum Stage {
    /// The token request is pending. Runs [`Timer::Token`].
    Token,
    /// The socket is opening, or `Begin` has not arrived yet. Runs [`Timer::Begin`].
    Opening(SpeechModel),
    /// The session with this number is open. Runs [`Timer::Pace`].
    Open(u32),
    /// `Terminate` was sent. Turns still count.
    Closing { session: u32, wait: LastWords },
}

impl ServiceConnection {
    /// Creates a connection that starts with a token request.
    pub(super) fn new(attempt: Attempt) -> Self {
        Self {
            attempt,
            stage: Stage::Token,
            feed: Feed::default(),
            unsent: 0,
            error: None,
            reported: Duration::ZERO,
        }
    }

    /// Returns `true` from the moment a socket is requested.
    pub(super) fn has_socket(&self) -> bool {
        !matches!(self.stage, Stage::Token)
    }

    /// Returns the number of the open session.
    pub(super) fn session(&self) -> Option<u32> {
        match self.stage {
            Stage::Token | Stage::Opening(_) => None,
            Stage::Open(session) | Stage::Closing { session, .. } => Some(session),
        }
    }

    /// Records that the service has reported the words of `turn`.
    pub(super) fn report(&mut self, turn: &Turn) {
        let ends = turn.words.iter().map(|word| word.end);
        let end = Duration::from_millis(ends.max().unwrap_or(0));
        self.reported = self.reported.max(end);
    }

    /// Returns the length of the sent audio after the last word that the service has reported.
    pub(super) fn unreported(&self) -> Duration {
        duration(self.feed.sent_samples()).saturating_sub(self.reported)
    }
}
