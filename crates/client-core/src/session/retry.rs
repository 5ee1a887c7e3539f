//! What happens when the way to the service is lost: the one place that decides it.

use inturn_protocol::{Closure, ErrorMessage};

use crate::problem::{Problem, TokenFailure};

/// How the way to the service was lost.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loss<'a> {
    /// Our server gave no token.
    Token(TokenFailure),
    /// Our server did not answer in time.
    TokenTimeout,
    /// The service did not say `Begin` in time.
    BeginTimeout,
    /// The service did not confirm the end in time.
    EndTimeout,
    /// The service said `Termination` without being asked.
    Terminated,
    /// The socket closed.
    Closed {
        /// How far the session was.
        during: During,
        /// The close code; 1006 where there was none.
        code: u16,
        /// The close reason.
        reason: &'a str,
    },
}

/// How far a session was when its socket closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum During {
    /// `Begin` had not come.
    Opening,
    /// Audio was being sent.
    Open,
    /// `Terminate` was sent.
    Closing,
}

/// What is done about a loss. Today every loss ends the recording; a new session will be one more
/// decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The recording ends with this problem.
    End(Problem),
}

/// Decides. `error` is the last `Error` message of the session, if there was one: it says more than
/// the close or the silence that follows it.
pub(super) fn decide(loss: Loss<'_>, error: Option<&ErrorMessage>) -> Decision {
    if let Some(error) = error {
        let (code, reason) = match loss {
            Loss::Closed { code, reason, .. } => (code, reason),
            Loss::Terminated => (NORMAL_CLOSURE, ""),
            _ => (NO_CLOSE_FRAME, ""),
        };
        return Decision::End(Problem::Closed(classify(error, code, reason)));
    }
    Decision::End(match loss {
        Loss::Token(failure) => Problem::Token(failure),
        Loss::TokenTimeout => Problem::Token(TokenFailure::TimedOut),
        Loss::BeginTimeout => Problem::NoBegin,
        Loss::EndTimeout => Problem::EndUnconfirmed,
        Loss::Terminated => Problem::Closed(Closure::Ended),
        // Browsers tell no more of a socket that could not be opened.
        Loss::Closed {
            during: During::Opening,
            code: NO_CLOSE_FRAME,
            ..
        } => Problem::SocketRefused,
        Loss::Closed {
            during: During::Closing,
            ..
        } => Problem::EndUnconfirmed,
        Loss::Closed { code, reason, .. } => Problem::Closed(Closure::classify(code, reason)),
    })
}

/// Prefers the `Error` message, which says more than the close frame that follows it.
fn classify(error: &ErrorMessage, code: u16, reason: &str) -> Closure {
    let code = error
        .error_code
        .and_then(|code| u16::try_from(code).ok())
        .unwrap_or(code);
    let text = if error.error.is_empty() {
        reason
    } else {
        &error.error
    };
    Closure::classify(code, text)
}

/// What a client may do after a [`Closure`], by section 8.3 of the protocol's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nothing: it is over.
    Done,
    /// A new session with a fresh token, after a growing wait.
    RetryWithBackoff,
    /// One new session with a fresh token, at once.
    RetryOnceWithFreshToken,
    /// A new session with a fresh token at once, while the recording goes on.
    ReopenAtOnce,
    /// A new session after at least this many seconds.
    RetryAfterSecs(u32),
    /// Stop: the server's operator must mend a key, an account or a setting.
    TellOperator,
    /// Stop: the client made a mistake, and trying again would make the same one.
    ReportBug,
    /// Stop until the person asks again.
    WaitForPerson,
}

impl Advice {
    /// The policy for each closure.
    pub fn after(closure: Closure) -> Self {
        match closure {
            Closure::Ended => Self::Done,
            Closure::ConnectionLost
            | Closure::ServiceFault
            | Closure::TryAgainLater
            | Closure::AudioTooFast
            | Closure::Unlisted(_) => Self::RetryWithBackoff,
            Closure::TokenExpired => Self::RetryOnceWithFreshToken,
            Closure::SessionExpired => Self::ReopenAtOnce,
            Closure::TooManySessions => Self::RetryAfterSecs(RATE_LIMIT_WAIT_SECS),
            Closure::CredentialsRefused | Closure::AccountRefused => Self::TellOperator,
            Closure::CredentialsMissing
            | Closure::FrameTooBig
            | Closure::RequestRefused
            | Closure::FrameDurationRefused => Self::ReportBug,
            Closure::Inactivity => Self::WaitForPerson,
        }
    }
}

/// How long to wait when sessions were opened too fast: a free account gets five a minute.
pub const RATE_LIMIT_WAIT_SECS: u32 = 12;

/// What browsers report where the other side sent no close code; section 7.1.5 of RFC 6455.
const NO_CLOSE_FRAME: u16 = 1006;

/// Section 7.4.1 of RFC 6455.
const NORMAL_CLOSURE: u16 = 1000;
