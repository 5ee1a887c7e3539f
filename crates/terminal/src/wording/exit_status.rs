//! The exit status of the program.

use std::process::ExitCode;

use inturn_client_core::problem::{MicrophoneFailure, Problem, TokenFailure};
use inturn_protocol::{CloseCause, ErrorCode};

/// The exit status of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitStatus {
    /// The person, the end of the input or a time limit has stopped the recording.
    Stopped = 0,
    /// Something failed.
    Failed = 1,
    /// Wrong arguments.
    WrongUse = 2,
    /// There is no microphone.
    NoMicrophone = 3,
    /// The key, the token or the sign-in was refused.
    Refused = 4,
    /// The connection was lost for good.
    ConnectionLost = 5,
    /// Ctrl+C came twice, so the last words were not awaited.
    Interrupted = 130,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

impl ExitStatus {
    /// Returns the number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Returns the status after a recording that ended with `problem`. Without a problem, it is
    /// [`Stopped`](Self::Stopped).
    pub fn of_problem(problem: Problem) -> Self {
        match problem {
            Problem::Microphone(failure) => Self::of_microphone(failure),
            Problem::NoSound | Problem::MicrophoneLost | Problem::MicrophonePaused => {
                Self::NoMicrophone
            }
            Problem::RateUnsupported(_) => Self::Failed,
            Problem::Token(failure) => Self::of_token(failure),
            Problem::SocketRefused | Problem::NoBegin | Problem::EndUnconfirmed => {
                Self::ConnectionLost
            }
            Problem::Closed(cause) => Self::of_close(cause),
            Problem::CutShort => Self::Interrupted,
            // These end no recording, or end it as a time limit does.
            Problem::IdleStopped { .. } | Problem::MicrophoneSilent | Problem::TurnUnreadable => {
                Self::Stopped
            }
        }
    }

    fn of_microphone(failure: MicrophoneFailure) -> Self {
        match failure {
            MicrophoneFailure::Denied
            | MicrophoneFailure::Missing
            | MicrophoneFailure::Busy
            | MicrophoneFailure::InsecurePage
            | MicrophoneFailure::Unsupported
            | MicrophoneFailure::Other => Self::NoMicrophone,
            MicrophoneFailure::SignedOut => Self::Refused,
            MicrophoneFailure::Unloaded => Self::Failed,
        }
    }

    fn of_token(failure: TokenFailure) -> Self {
        let TokenFailure::Refused { code, .. } = failure else {
            return match failure {
                TokenFailure::Unreachable | TokenFailure::TimedOut => Self::ConnectionLost,
                TokenFailure::Refused { .. } | TokenFailure::Unreadable => Self::Failed,
            };
        };
        match code {
            ErrorCode::KeyRefused
            | ErrorCode::PaymentRequired
            | ErrorCode::AccountForbidden
            | ErrorCode::SignInNeeded
            | ErrorCode::WrongPassphrase
            | ErrorCode::NotAllowed
            | ErrorCode::CrossSite
            | ErrorCode::ProxyBypassed
            | ErrorCode::HostRefused => Self::Refused,
            ErrorCode::ServiceUnreachable | ErrorCode::ServiceTimeout => Self::ConnectionLost,
            ErrorCode::RequestRefused
            | ErrorCode::RateLimited
            | ErrorCode::ServiceFailed
            | ErrorCode::ServiceReplyInvalid
            | ErrorCode::LimitReached
            | ErrorCode::LimitsUnavailable
            | ErrorCode::Overloaded
            | ErrorCode::BadRequest
            | ErrorCode::NotFound
            | ErrorCode::MethodNotAllowed
            | ErrorCode::Internal
            | ErrorCode::Unknown => Self::Failed,
        }
    }

    fn of_close(cause: CloseCause) -> Self {
        match cause {
            CloseCause::CredentialsMissing
            | CloseCause::CredentialsRefused
            | CloseCause::TokenExpired
            | CloseCause::AccountRefused => Self::Refused,
            CloseCause::Ended
            | CloseCause::ConnectionLost
            | CloseCause::ServiceFault
            | CloseCause::TryAgainLater
            | CloseCause::SessionExpired
            | CloseCause::Unlisted(_) => Self::ConnectionLost,
            CloseCause::TooManySessions
            | CloseCause::FrameTooBig
            | CloseCause::RequestRefused
            | CloseCause::Inactivity
            | CloseCause::FrameDurationRefused
            | CloseCause::AudioTooFast => Self::Failed,
        }
    }
}
