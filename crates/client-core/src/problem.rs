//! All problems of a recording, as types. `page-core` has their wording for people.

use inturn_protocol::{CloseCause, ErrorCode};
use serde::{Deserialize, Serialize};

/// Why the browser did not open a microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MicrophoneFailure {
    /// The person, a policy or the system denied it (`NotAllowedError`, `SecurityError`).
    Denied,
    /// There is no microphone (`NotFoundError`, `OverconstrainedError`).
    Missing,
    /// Another program uses it, or it is broken (`NotReadableError`, `AbortError`).
    Busy,
    /// The page was loaded over plain HTTP from another machine, so the browser hides microphones.
    InsecurePage,
    /// The browser lacks a feature that recording needs.
    Unsupported,
    /// The page's server did not deliver a part of the page: its configuration, or the audio
    /// worklet.
    Unloaded,
    /// A proxy answered a request for such a part with its sign-in page.
    SignedOut,
    /// The audio graph could not be started.
    Other,
}

/// Why the token request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenFailure {
    /// Our server did not answer.
    Unreachable,
    /// Our server did not answer in time.
    TimedOut,
    /// Our server answered with an error.
    Refused {
        /// The kind of error.
        code: ErrorCode,
        /// When to retry, in seconds.
        retry_after_secs: Option<u32>,
    },
    /// Another server answered, or the body holds no token.
    Unreadable,
}

/// A problem of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Problem {
    /// The microphone could not be opened.
    Microphone(MicrophoneFailure),
    /// The microphone is reported as on but delivers no blocks, not even silence.
    NoSound,
    /// The microphone was disconnected during the recording.
    MicrophoneLost,
    /// The browser paused the audio during the recording, and did not resume it when asked.
    MicrophonePaused,
    /// The microphone delivers only digital silence. The recording goes on, and
    /// [`Event::Resolved`](crate::session::Event::Resolved) follows at the first sound.
    MicrophoneSilent,
    /// The device's sample rate, in Hz, cannot be resampled.
    RateUnsupported(u32),
    /// The token request failed.
    Token(TokenFailure),
    /// The socket closed before it opened. The browser gives no reason.
    SocketRefused,
    /// The service accepted the connection and then sent no `Begin`.
    NoBegin,
    /// The service ended the session.
    Closed(CloseCause),
    /// A message with words could not be read. The recording goes on.
    TurnUnreadable,
    /// The service did not confirm the end after Stop.
    EndUnconfirmed,
    /// Stop was pressed twice, so the last words were not awaited.
    CutShort,
    /// There were no words for too long, so the recording was stopped.
    IdleStopped {
        /// How long there were no words when the countdown started, in seconds.
        limit_secs: u32,
    },
}

impl Problem {
    /// Returns the time after which a retry makes sense, in seconds, if known.
    pub fn retry_after_secs(&self) -> Option<u32> {
        match self {
            Self::Token(TokenFailure::Refused {
                retry_after_secs, ..
            }) => *retry_after_secs,
            _ => None,
        }
    }

    /// Returns the same problem with `secs` of the wait left.
    #[must_use]
    pub fn with_retry_after_secs(mut self, secs: u32) -> Self {
        if let Self::Token(TokenFailure::Refused {
            retry_after_secs, ..
        }) = &mut self
        {
            *retry_after_secs = Some(secs);
        }
        self
    }
}
