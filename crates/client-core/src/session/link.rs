//! One way to the service.

use std::time::Duration;

use inturn_protocol::{ErrorMessage, SpeechModel, Turn};

use super::exchange::Attempt;
use super::last_words::LastWords;
use super::upload::{Feed, duration};

/// One way to the service: a token, a socket, a session. A recording may have several, one after
/// another.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) attempt: Attempt,
    pub(super) stage: Stage,
    /// How far it is in the recording's audio.
    pub(super) feed: Feed,
    /// What was still in the socket at the last look, in bytes.
    pub(super) unsent: u64,
    /// The last `Error` message of the session: the close that follows does not repeat it.
    pub(super) error: Option<ErrorMessage>,
    /// How far into the session's audio the service has reported words.
    reported: Duration,
}

/// How far a [`Link`] is.
#[derive(Debug)]
pub(super) enum Stage {
    /// A token is on its way. Runs [`Timer::Token`].
    Token,
    /// The socket is opening, or is open without a `Begin`. Runs [`Timer::Begin`].
    Opening(SpeechModel),
    /// The session of this number is on. Runs [`Timer::Pace`].
    Open(u32),
    /// `Terminate` is sent; turns are still taken.
    Closing { session: u32, wait: LastWords },
}

impl Link {
    /// A way to the service that begins with a token.
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

    /// Whether it has a socket, from the moment one is asked for.
    pub(super) fn has_socket(&self) -> bool {
        !matches!(self.stage, Stage::Token)
    }

    /// The number of the session that is on.
    pub(super) fn session(&self) -> Option<u32> {
        match self.stage {
            Stage::Token | Stage::Opening(_) => None,
            Stage::Open(session) | Stage::Closing { session, .. } => Some(session),
        }
    }

    /// The service has reported the words of `turn`.
    pub(super) fn report(&mut self, turn: &Turn) {
        let ends = turn.words.iter().map(|word| word.end);
        let end = Duration::from_millis(ends.max().unwrap_or(0));
        self.reported = self.reported.max(end);
    }

    /// The audio behind the last word that the service has reported.
    pub(super) fn unreported(&self) -> Duration {
        duration(self.feed.sent_samples()).saturating_sub(self.reported)
    }
}
