//! The policy for a lost connection to the service.

use std::time::Duration;

use inturn_protocol::{CloseCause, ErrorCode, ErrorMessage};

use crate::problem::{Problem, TokenFailure};

/// How the connection to the service was lost.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loss<'a> {
    /// The token request failed.
    Token(TokenFailure),
    /// Our server did not answer in time.
    TokenTimeout,
    /// The service did not send `Begin` in time.
    BeginTimeout,
    /// The service did not confirm the end in time.
    EndTimeout,
    /// The service sent `Termination` without a request.
    Terminated,
    /// The connection is open, but dead or deaf.
    Unanswered,
    /// The browser reports that there is no network.
    Offline,
    /// The socket closed.
    Closed {
        /// The stage of the session.
        during: During,
        /// The close code, or 1006 if there was none.
        code: u16,
        /// The close reason.
        reason: &'a str,
    },
}

/// The stage of a session when its socket closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum During {
    /// `Begin` had not arrived.
    Opening,
    /// Audio was being sent.
    Open,
    /// `Terminate` was sent.
    Closing,
}

/// The reaction to a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The recording ends with this problem.
    End(Problem),
    /// The next attempt follows after this wait. The problem is shown if it lasts.
    Retry(Wait, Problem),
}

/// How long to wait before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Not at all. If the session did not last, as for [`Backoff`](Self::Backoff).
    None,
    /// A wait that grows with each failure.
    Backoff,
    /// At least this many seconds.
    Secs(u32),
}

/// Returns `true` if the service refused a token because it had expired.
pub(super) fn is_token_expired(loss: Loss<'_>, error: Option<&ErrorMessage>) -> bool {
    problem(loss, error) == Problem::Closed(CloseCause::TokenExpired)
}

impl Wait {
    /// Returns the time to wait, which is no shorter than `backoff`.
    pub(super) fn at_least(self, backoff: Duration) -> Duration {
        match self {
            Self::None | Self::Backoff => backoff,
            Self::Secs(secs) => backoff.max(Duration::from_secs(secs.into())),
        }
    }
}

/// Decides what to do about `loss` after `expired_tokens` expired tokens in a row. `error` is the
/// last `Error` message of the session, if any: it is more specific than the close or the timeout
/// that follows it.
pub(super) fn decide(
    loss: Loss<'_>,
    error: Option<&ErrorMessage>,
    expired_tokens: u32,
) -> Decision {
    let problem = problem(loss, error);
    match wait(&problem, expired_tokens) {
        Some(wait) => Decision::Retry(wait, problem),
        None => Decision::End(problem),
    }
}

fn problem(loss: Loss<'_>, error: Option<&ErrorMessage>) -> Problem {
    if let Some(error) = error {
        let (code, reason) = match loss {
            Loss::Closed { code, reason, .. } => (code, reason),
            Loss::Terminated => (NORMAL_CLOSURE, ""),
            _ => (NO_CLOSE_FRAME, ""),
        };
        return Problem::Closed(classify(error, code, reason));
    }
    match loss {
        Loss::Token(failure) => Problem::Token(failure),
        Loss::TokenTimeout => Problem::Token(TokenFailure::TimedOut),
        Loss::BeginTimeout => Problem::NoBegin,
        Loss::EndTimeout => Problem::EndUnconfirmed,
        Loss::Terminated => Problem::Closed(CloseCause::Ended),
        Loss::Unanswered | Loss::Offline => Problem::Closed(CloseCause::ConnectionLost),
        // Browsers give no other reason why a socket could not be opened.
        Loss::Closed {
            during: During::Opening,
            code: NO_CLOSE_FRAME,
            ..
        } => Problem::SocketRefused,
        Loss::Closed {
            during: During::Closing,
            ..
        } => Problem::EndUnconfirmed,
        Loss::Closed { code, reason, .. } => Problem::Closed(CloseCause::classify(code, reason)),
    }
}

/// Returns the wait after which a new session may succeed. Returns `None` if it can't.
fn wait(problem: &Problem, expired_tokens: u32) -> Option<Wait> {
    match problem {
        Problem::Token(TokenFailure::Refused {
            code,
            retry_after_secs,
        }) => after_refusal(*code, *retry_after_secs),
        Problem::Closed(cause) => match Advice::after(*cause) {
            // A session without an end of ours: the recording goes on in another one.
            Advice::Done | Advice::RetryWithBackoff | Advice::WaitForPerson => Some(Wait::Backoff),
            Advice::ReopenAtOnce => Some(Wait::None),
            Advice::RetryOnceWithFreshToken => (expired_tokens == 0).then_some(Wait::None),
            Advice::RetryAfterSecs(secs) => Some(Wait::Secs(secs)),
            Advice::TellOperator | Advice::ReportBug => None,
        },
        Problem::Token(_) | Problem::SocketRefused | Problem::NoBegin | Problem::EndUnconfirmed => {
            Some(Wait::Backoff)
        }
        _ => None,
    }
}

/// Returns the wait after our server refused a token.
fn after_refusal(code: ErrorCode, retry_after_secs: Option<u32>) -> Option<Wait> {
    match code {
        ErrorCode::RateLimited | ErrorCode::LimitReached => {
            Some(Wait::Secs(retry_after_secs.unwrap_or(RATE_LIMIT_WAIT_SECS)))
        }
        ErrorCode::SignInNeeded
        | ErrorCode::ServiceFailed
        | ErrorCode::ServiceUnreachable
        | ErrorCode::ServiceTimeout
        | ErrorCode::ServiceReplyInvalid
        | ErrorCode::LimitsUnavailable
        | ErrorCode::Overloaded
        | ErrorCode::Internal
        | ErrorCode::Unknown => Some(retry_after_secs.map_or(Wait::Backoff, Wait::Secs)),
        ErrorCode::KeyRefused
        | ErrorCode::PaymentRequired
        | ErrorCode::AccountForbidden
        | ErrorCode::RequestRefused
        | ErrorCode::NotAllowed
        | ErrorCode::CrossSite
        | ErrorCode::ProxyBypassed
        | ErrorCode::HostRefused
        | ErrorCode::WrongPassphrase
        | ErrorCode::BadRequest
        | ErrorCode::NotFound
        | ErrorCode::MethodNotAllowed => None,
    }
}

/// Classifies by the `Error` message, which is more specific than the close frame that follows it.
fn classify(error: &ErrorMessage, code: u16, reason: &str) -> CloseCause {
    let code = error
        .error_code
        .and_then(|code| u16::try_from(code).ok())
        .unwrap_or(code);
    let text = if error.error.is_empty() {
        reason
    } else {
        &error.error
    };
    CloseCause::classify(code, text)
}

/// What a client may do after a [`CloseCause`], by section 8.3 of the protocol's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nothing: the session has ended.
    Done,
    /// Open a new session with a fresh token, after a growing wait.
    RetryWithBackoff,
    /// Open one new session with a fresh token, at once.
    RetryOnceWithFreshToken,
    /// Open a new session with a fresh token at once, while the recording goes on.
    ReopenAtOnce,
    /// Open a new session after at least this many seconds.
    RetryAfterSecs(u32),
    /// Stop: the server's operator must fix a key, an account or a setting.
    TellOperator,
    /// Stop: the client has a bug, and a retry would fail in the same way.
    ReportBug,
    /// Stop until the person starts again.
    WaitForPerson,
}

impl Advice {
    /// Returns the policy for `cause`.
    pub fn after(cause: CloseCause) -> Self {
        match cause {
            CloseCause::Ended => Self::Done,
            CloseCause::ConnectionLost
            | CloseCause::ServiceFault
            | CloseCause::TryAgainLater
            | CloseCause::AudioTooFast
            | CloseCause::Unlisted(_) => Self::RetryWithBackoff,
            CloseCause::TokenExpired => Self::RetryOnceWithFreshToken,
            CloseCause::SessionExpired => Self::ReopenAtOnce,
            CloseCause::TooManySessions => Self::RetryAfterSecs(RATE_LIMIT_WAIT_SECS),
            CloseCause::CredentialsRefused | CloseCause::AccountRefused => Self::TellOperator,
            CloseCause::CredentialsMissing
            | CloseCause::FrameTooBig
            | CloseCause::RequestRefused
            | CloseCause::FrameDurationRefused => Self::ReportBug,
            CloseCause::Inactivity => Self::WaitForPerson,
        }
    }
}

/// Wait after sessions were opened too fast: a free account may open five per minute.
pub const RATE_LIMIT_WAIT_SECS: u32 = 12;

/// The code that browsers report if the peer sent no close frame; section 7.1.5 of RFC 6455.
const NO_CLOSE_FRAME: u16 = 1006;

/// The code of a normal closure; section 7.4.1 of RFC 6455.
const NORMAL_CLOSURE: u16 = 1000;
