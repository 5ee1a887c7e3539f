//! Everything that can go wrong with a recording, as types. `page-core` has the words for people.

use inturn_protocol::{Closure, ErrorCode};
use serde::{Deserialize, Serialize};

/// Why the browser gave no microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MicrophoneFailure {
    /// The person, a policy or the system said no (`NotAllowedError`, `SecurityError`).
    Denied,
    /// There is none (`NotFoundError`, `OverconstrainedError`).
    Missing,
    /// Another program holds it, or it is broken (`NotReadableError`, `AbortError`).
    Busy,
    /// The page was loaded over plain http from another machine, so the browser hides microphones.
    InsecurePage,
    /// The browser lacks what recording needs.
    Unsupported,
    /// The page's server did not give a part of the page: its configuration, or the audio worklet.
    Unloaded,
    /// In its place came the sign-in of a proxy.
    SignedOut,
    /// The audio graph could not be started.
    Other,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenFailure {
    /// Our server did not answer at all.
    Unreachable,
    /// Our server took too long.
    TimedOut,
    /// Our server answered with an error of its own.
    Refused {
        /// What went wrong.
        code: ErrorCode,
        /// When to ask again, in seconds.
        retry_after_secs: Option<u32>,
    },
    /// Something that is not our server answered, or a body that is no token.
    Unreadable,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Problem {
    /// No microphone at the start.
    Microphone(MicrophoneFailure),
    /// The microphone is said to be on and gives no sound, not even silence.
    NoSound,
    /// The microphone went away while recording.
    MicrophoneLost,
    /// The browser stopped the sound in mid-recording, and did not start it again when asked.
    MicrophonePaused,
    /// The device's sample rate, in Hz, is outside what can be resampled.
    RateUnsupported(u32),
    /// No token.
    Token(TokenFailure),
    /// The socket closed before it opened: the browser gives no reason.
    SocketRefused,
    /// The service took the connection and then said nothing.
    NoBegin,
    /// The service ended the session.
    Closed(Closure),
    /// A message with words could not be read. The recording goes on.
    TurnUnreadable,
    /// The service did not confirm the end after Stop.
    EndUnconfirmed,
    /// Stop was pressed twice: what was still on its way was given up.
    CutShort,
}

impl Problem {
    /// When it makes sense to try again, in seconds, where that is known.
    pub fn retry_after_secs(&self) -> Option<u32> {
        match self {
            Self::Token(TokenFailure::Refused {
                retry_after_secs, ..
            }) => *retry_after_secs,
            _ => None,
        }
    }

    /// The same problem with this much of the wait left.
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
