//! The words for problems, in one table.

use std::borrow::Cow;

use inturn_client_core::problem::{MicrophoneFailure, Problem, TokenFailure};
use inturn_protocol::{CloseCause, ErrorCode};

use super::state::time;

/// A problem in words: one short sentence about what happened, and one about what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// A stable name, for programs. The page uses the same names.
    pub kind: &'static str,
    /// What happened.
    pub cause: Cow<'static, str>,
    /// What to do.
    pub remedy: Cow<'static, str>,
}

impl Wording {
    /// Returns the words for `problem`, which has ended a recording, or is only a notice.
    pub fn of(problem: &Problem) -> Self {
        let Row(kind, cause, remedy) = row(problem);
        let mut wording = Self {
            kind,
            cause: cause.into(),
            remedy: remedy.into(),
        };
        match problem {
            Problem::RateUnsupported(rate_hz) => {
                wording.cause = format!("A sample rate of {rate_hz} Hz is not supported.").into();
            }
            Problem::IdleStopped { limit_secs } => {
                let limit = time(*limit_secs);
                wording.cause =
                    format!("No words were heard for {limit}, so the recording was stopped.")
                        .into();
            }
            // A known waiting time replaces the general advice.
            _ => match problem.retry_after_secs() {
                Some(secs @ 1..) => {
                    wording.remedy = format!("Run the command again in {}.", time(secs)).into();
                }
                Some(0) => wording.remedy = RETRY.into(),
                None => {}
            },
        }
        wording
    }

    /// Returns the words for a problem that interrupts the transcription, while the audio is kept
    /// and the recorder tries again by itself.
    pub fn interrupted(problem: &Problem) -> Self {
        let wording = Self::of(problem);
        let (cause, remedy): (_, Cow<'static, str>) = match problem {
            Problem::MicrophoneLost => (
                "The microphone was disconnected.".into(),
                "Reconnect it or connect another, and recording continues by itself.".into(),
            ),
            Problem::MicrophonePaused => (
                "The microphone stopped delivering sound.".into(),
                "Recording continues by itself when it delivers sound again.".into(),
            ),
            Problem::Token(TokenFailure::Refused {
                code: ErrorCode::SignInNeeded,
                ..
            }) => (
                wording.cause,
                "Your audio is kept; stop with Ctrl+C and sign in again if it does not go on."
                    .into(),
            ),
            _ => {
                let remedy = match problem.retry_after_secs() {
                    Some(secs @ 1..) => {
                        let time = time(secs);
                        format!("Your audio is kept, and the next attempt follows in {time}.")
                            .into()
                    }
                    _ => "Your audio is kept, and the words follow once the connection is back."
                        .into(),
                };
                (wording.cause, remedy)
            }
        };
        Self {
            kind: wording.kind,
            cause,
            remedy,
        }
    }

    /// Returns both sentences as one text.
    pub fn text(&self) -> String {
        format!("{} {}", self.cause, self.remedy)
    }
}

/// A row of the table: kind, cause, remedy.
struct Row(&'static str, &'static str, &'static str);

fn row(problem: &Problem) -> Row {
    match problem {
        Problem::Microphone(failure) => microphone(*failure),
        Problem::Token(failure) => token(*failure),
        Problem::Closed(cause) => closed(*cause),
        Problem::NoSound => Row(
            "no-sound",
            "No sound is coming from the microphone.",
            "Choose another one: \"inturn-listen devices\" lists them.",
        ),
        Problem::MicrophoneLost => Row(
            "microphone-lost",
            "The microphone was disconnected, so the recording stopped.",
            "Reconnect it, then run the command again.",
        ),
        Problem::MicrophonePaused => Row(
            "microphone-paused",
            "The system paused the microphone, so the recording stopped.",
            RETRY,
        ),
        Problem::MicrophoneSilent => Row(
            "microphone-silent",
            "The microphone delivers only silence.",
            "Check that it is not muted, or choose another one: \"inturn-listen devices\" lists \
             them.",
        ),
        Problem::RateUnsupported(_) => Row(
            "rate-unsupported",
            "The sample rate is not supported.",
            "Set it to between 8 and 192 kHz.",
        ),
        Problem::SocketRefused => Row(
            "socket-refused",
            "The transcription service cannot be reached.",
            "Check that your network allows WebSockets, then run the command again.",
        ),
        Problem::NoBegin => Row(
            "no-begin",
            "The transcription service did not answer.",
            RETRY,
        ),
        Problem::TurnUnreadable => Row(
            "turn-unreadable",
            "Some words could not be read and are missing.",
            "The recording goes on; please report this with the log of --log debug.",
        ),
        Problem::EndUnconfirmed => Row(
            "end-unconfirmed",
            "The transcription service did not confirm the end.",
            CHECK_LAST_LINE,
        ),
        Problem::CutShort => Row(
            "cut-short",
            "You stopped before the last words arrived.",
            CHECK_LAST_LINE,
        ),
        Problem::IdleStopped { .. } => Row(
            "idle-stopped",
            "No words were heard for a while, so the recording was stopped.",
            "To wait longer, set --stop-after-silence.",
        ),
    }
}

fn microphone(failure: MicrophoneFailure) -> Row {
    match failure {
        MicrophoneFailure::Denied => Row(
            "microphone-denied",
            "The system does not allow this program to use the microphone.",
            "Allow it in the system's privacy settings, then run the command again.",
        ),
        MicrophoneFailure::Missing => Row(
            "microphone-missing",
            "No microphone was found.",
            "Connect one, or pass audio with --file or as standard input.",
        ),
        MicrophoneFailure::Busy => Row(
            "microphone-busy",
            "Another program may be using the microphone.",
            "Close that program, then run the command again.",
        ),
        // The next four are those of a browser. A source may use them in its own sense.
        MicrophoneFailure::InsecurePage => Row(
            "page-insecure",
            "The microphone is not available to this program.",
            "Choose another one: \"inturn-listen devices\" lists them.",
        ),
        MicrophoneFailure::Unsupported => Row(
            "capture-unsupported",
            "This system offers no way to record.",
            "Pass audio with --file or as standard input.",
        ),
        MicrophoneFailure::Unloaded => Row(
            "source-unloaded",
            "The audio could not be loaded.",
            "Check that it can be read, then run the command again.",
        ),
        MicrophoneFailure::SignedOut => SIGNED_OUT,
        MicrophoneFailure::Other => Row(
            "microphone-failed",
            "The microphone could not be started.",
            "Try \"inturn-listen check\", or choose another one with --device.",
        ),
    }
}

fn token(failure: TokenFailure) -> Row {
    match failure {
        TokenFailure::Refused { code, .. } => refusal(code),
        TokenFailure::Unreachable => Row(
            "server-unreachable",
            "The server cannot be reached.",
            "Check the address and your network, then run the command again.",
        ),
        TokenFailure::TimedOut => Row(
            "server-timeout",
            "The server took too long to answer.",
            RETRY,
        ),
        TokenFailure::Unreadable => Row(
            "server-unreadable",
            "The answer did not come from an Inturn server.",
            "Check the address in --server.",
        ),
    }
}

/// Words for the errors of a request for a token.
fn refusal(code: ErrorCode) -> Row {
    match code {
        ErrorCode::KeyRefused => Row(
            "key-refused",
            "The transcription service rejected the API key.",
            CHECK_KEY,
        ),
        ErrorCode::PaymentRequired => Row(
            "payment-required",
            "The transcription account is out of credit.",
            "Add credit, or tell the person who runs the server.",
        ),
        ErrorCode::AccountForbidden => Row(
            "account-forbidden",
            "The transcription service rejected the account.",
            CHECK_KEY,
        ),
        ErrorCode::RequestRefused => Row(
            "request-refused",
            "The transcription service rejected the settings.",
            CHECK_SETTINGS,
        ),
        ErrorCode::RateLimited => Row(
            "rate-limited",
            "Too many recordings were started.",
            "Wait a minute, then run the command again.",
        ),
        ErrorCode::ServiceFailed => Row(
            "service-failed",
            "The transcription service is having problems.",
            RETRY,
        ),
        ErrorCode::ServiceUnreachable => Row(
            "service-unreachable",
            "The transcription service cannot be reached.",
            "Check your network, then run the command again.",
        ),
        ErrorCode::ServiceTimeout => Row(
            "service-timeout",
            "The transcription service took too long to answer.",
            RETRY,
        ),
        ErrorCode::ServiceReplyInvalid => Row(
            "service-reply-invalid",
            "The transcription service sent an answer that could not be read.",
            RETRY,
        ),
        ErrorCode::SignInNeeded => SIGNED_OUT,
        ErrorCode::WrongPassphrase => Row(
            "wrong-passphrase",
            "The server did not accept the password.",
            "Check it, then run the command again.",
        ),
        ErrorCode::NotAllowed => Row(
            "not-allowed",
            "You are signed in, but you are not allowed to record on this server.",
            "Ask the person who runs the server for access.",
        ),
        ErrorCode::CrossSite | ErrorCode::ProxyBypassed => Row(
            "address-refused",
            "The server must be used by another address.",
            "Ask the person who runs it for the right one.",
        ),
        ErrorCode::HostRefused => Row(
            "host-refused",
            "The server only records for the computer that it runs on.",
            "Ask the person who runs it to start it with --auth proxy, --auth password or \
             --auth open.",
        ),
        ErrorCode::LimitReached => Row(
            "limit-reached",
            "The server's recording limit is reached.",
            "Wait a while, then run the command again.",
        ),
        ErrorCode::LimitsUnavailable => Row(
            "limits-unavailable",
            "The server cannot check its limits right now.",
            RETRY,
        ),
        ErrorCode::Overloaded => Row("server-overloaded", "The server is too busy.", RETRY),
        ErrorCode::NotFound | ErrorCode::MethodNotAllowed => Row(
            "server-unreadable",
            "There is no Inturn server at this address.",
            "Check the address in --server.",
        ),
        ErrorCode::BadRequest | ErrorCode::Internal | ErrorCode::Unknown => Row(
            "server-failed",
            "The server had a problem.",
            "Run the command again, and if it keeps happening, tell the person who runs the \
             server.",
        ),
    }
}

/// Words for the reasons why the service closed a session.
fn closed(cause: CloseCause) -> Row {
    match cause {
        CloseCause::Ended => Row(
            "ended-early",
            "The transcription service ended the session.",
            RETRY,
        ),
        CloseCause::ConnectionLost => Row(
            "connection-lost",
            "The connection to the transcription service was lost.",
            "Check your network, then run the command again.",
        ),
        CloseCause::CredentialsMissing => Row(
            "credentials-missing",
            "The transcription service received no API key or token.",
            CHECK_KEY,
        ),
        CloseCause::CredentialsRefused => Row(
            "token-refused",
            "The transcription service rejected the API key or token.",
            CHECK_KEY,
        ),
        CloseCause::TokenExpired => Row(
            "token-expired",
            "The access token expired before the connection opened.",
            RETRY,
        ),
        CloseCause::AccountRefused => Row(
            "account-refused",
            "The transcription service stopped accepting the account.",
            "Check its credit, or tell the person who runs the server.",
        ),
        CloseCause::TooManySessions => Row(
            "too-many-sessions",
            "Too many recordings were started within a minute.",
            "Wait a minute, then run the command again.",
        ),
        CloseCause::FrameTooBig => Row(
            "frame-too-big",
            "This program sent a message that is too large for the transcription service.",
            RETRY,
        ),
        CloseCause::ServiceFault => Row(
            "service-fault",
            "The transcription service had a problem.",
            RETRY,
        ),
        CloseCause::TryAgainLater => Row(
            "service-busy",
            "The transcription service is busy.",
            "Wait a minute, then run the command again.",
        ),
        CloseCause::RequestRefused => Row(
            "session-refused",
            "The transcription service rejected a setting or a message.",
            CHECK_SETTINGS,
        ),
        CloseCause::Inactivity => Row(
            "inactivity",
            "The transcription service heard nothing for a while and stopped.",
            RETRY,
        ),
        CloseCause::FrameDurationRefused => Row(
            "frame-duration",
            "This program sent audio in pieces of the wrong length.",
            RETRY,
        ),
        CloseCause::AudioTooFast => Row(
            "audio-too-fast",
            "This program sent audio faster than the transcription service accepts.",
            RETRY,
        ),
        CloseCause::SessionExpired => Row(
            "session-expired",
            "The connection to the transcription service reached its time limit.",
            RETRY,
        ),
        CloseCause::Unlisted(_) => Row(
            "closed-unlisted",
            "The transcription service closed the connection for an unknown reason.",
            RETRY,
        ),
    }
}

const RETRY: &str = "Run the command again.";

const CHECK_KEY: &str = "Check ASSEMBLYAI_API_KEY, or tell the person who runs the server.";

const CHECK_SETTINGS: &str =
    "Check the settings of the command, or tell the person who runs the server.";

const CHECK_LAST_LINE: &str = "Check whether the last line is complete.";

/// For every request that needs a sign-in, at the server or at a proxy.
const SIGNED_OUT: Row = Row(
    "sign-in-needed",
    "The server asks you to sign in.",
    "Pass the password, cookie or header that it expects, then run the command again.",
);
