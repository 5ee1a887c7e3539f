//! Everything that can go wrong with a recording: what happened, and what to do, in one or two short
//! sentences.

use std::fmt;

use inturn_protocol::{Closure, ErrorCode, ErrorEnvelope, PageConfig};
use serde::{Deserialize, Serialize};

use crate::clock::clock;

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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The socket closed before it opened: the browser tells no more.
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
    /// A stable name for tests and style sheets.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Microphone(failure) => match failure {
                MicrophoneFailure::Denied => "microphone-denied",
                MicrophoneFailure::Missing => "microphone-missing",
                MicrophoneFailure::Busy => "microphone-busy",
                MicrophoneFailure::InsecurePage => "page-insecure",
                MicrophoneFailure::Unsupported => "browser-unsupported",
                MicrophoneFailure::Unloaded => "page-unloaded",
                MicrophoneFailure::SignedOut => SIGNED_OUT.0,
                MicrophoneFailure::Other => "microphone-failed",
            },
            Self::NoSound => "no-sound",
            Self::MicrophoneLost => "microphone-lost",
            Self::MicrophonePaused => "microphone-paused",
            Self::RateUnsupported(_) => "rate-unsupported",
            Self::Token(failure) => match failure {
                TokenFailure::Unreachable => "server-unreachable",
                TokenFailure::TimedOut => "server-timeout",
                TokenFailure::Refused { code, .. } => refusal(*code).0,
                TokenFailure::Unreadable => "server-unreadable",
            },
            Self::SocketRefused => "socket-refused",
            Self::NoBegin => "no-begin",
            Self::Closed(closure) => closed(*closure).0,
            Self::TurnUnreadable => "turn-unreadable",
            Self::EndUnconfirmed => "end-unconfirmed",
            Self::CutShort => "cut-short",
        }
    }
}

impl Problem {
    /// Whether signing in is what helps.
    pub(crate) fn wants_sign_in(&self) -> bool {
        self.kind() == SIGNED_OUT.0
    }

    /// Whether reloading the page is what helps: the sentence then says so.
    pub(crate) fn wants_reload(&self) -> bool {
        matches!(
            self.kind(),
            "page-unloaded"
                | "microphone-failed"
                | "server-failed"
                | "server-unreadable"
                | "credentials-missing"
                | "frame-too-big"
        )
    }

    /// When it makes sense to try again, in seconds, where that is known.
    pub(crate) fn retry_after_secs(&self) -> Option<u32> {
        match self {
            Self::Token(TokenFailure::Refused {
                retry_after_secs, ..
            }) => *retry_after_secs,
            _ => None,
        }
    }

    /// The same with this much of the wait left.
    pub(crate) fn with_wait(mut self, secs: u32) -> Self {
        if let Self::Token(TokenFailure::Refused {
            retry_after_secs, ..
        }) = &mut self
        {
            *retry_after_secs = Some(secs);
        }
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = match self {
            Self::Microphone(failure) => match failure {
                MicrophoneFailure::Denied => {
                    "The microphone is blocked. Click the icon left of the address, allow the \
                     microphone, then press Record."
                }
                MicrophoneFailure::Missing => {
                    "No microphone was found. Connect one, then press Record."
                }
                MicrophoneFailure::Busy => {
                    "Another program may be using the microphone. Close it, then press Record."
                }
                MicrophoneFailure::InsecurePage => {
                    "Browsers allow the microphone on secure pages only. Open this page over https, \
                     or as http://localhost on the computer it runs on."
                }
                MicrophoneFailure::Unsupported => {
                    "This browser cannot record. Use a current Chrome, Edge, Firefox or Safari."
                }
                MicrophoneFailure::Unloaded => {
                    "Part of this page could not be loaded. Check your network, then press Record, or \
                     reload the page."
                }
                MicrophoneFailure::SignedOut => {
                    return write!(f, "{} {}", SIGNED_OUT.1, SIGNED_OUT.2);
                }
                MicrophoneFailure::Other => {
                    "The microphone could not be started. Reload the page, then press Record."
                }
            },
            Self::NoSound => {
                "No sound is coming from the microphone. Choose another one in the browser's \
                 settings for this page, then press Record."
            }
            Self::MicrophoneLost => {
                "The microphone was disconnected, so recording stopped. Reconnect it, then press \
                 Record to continue."
            }
            Self::MicrophonePaused => {
                "The browser paused the microphone, for example for a call, so recording stopped. \
                 Press Record to continue."
            }
            Self::RateUnsupported(rate_hz) => {
                return write!(
                    f,
                    "The microphone's sample rate of {rate_hz} Hz is not supported. Set it to \
                     between 8 and 192 kHz in the system's sound settings."
                );
            }
            Self::Token(failure) => match failure {
                TokenFailure::Unreachable => {
                    "This page's server cannot be reached. Check your network, then press Record."
                }
                TokenFailure::TimedOut => {
                    "This page's server took too long to answer. Press Record to try again."
                }
                TokenFailure::Refused {
                    code,
                    retry_after_secs,
                } => {
                    let (_, cause, advice) = refusal(*code);
                    return match retry_after_secs {
                        // What happened stays; what to do about it is to wait for so long.
                        Some(secs @ 1..) => {
                            let wait = clock(u64::from(*secs));
                            write!(f, "{cause} Press Record again in {wait}.")
                        }
                        Some(0) => write!(f, "{cause} Press Record to try again."),
                        None => write!(f, "{cause} {advice}"),
                    };
                }
                TokenFailure::Unreadable => {
                    "The answer did not come from this page's server. Reload the page, then press \
                     Record."
                }
            },
            Self::SocketRefused => {
                "The transcription service cannot be reached. Check that your network allows \
                 WebSockets, then press Record."
            }
            Self::NoBegin => "The transcription service did not answer. Press Record to try again.",
            Self::Closed(closure) => closed(*closure).1,
            Self::TurnUnreadable => {
                "Recording continues, but some words could not be read and are missing. Tell the \
                 person who runs this page."
            }
            Self::EndUnconfirmed => {
                "The transcription service did not confirm the end. Check whether the last line is \
                 complete."
            }
            Self::CutShort => {
                "You stopped before the last words arrived. Check whether the last line is complete."
            }
        };
        f.write_str(sentence)
    }
}

/// Whether an answer comes from whoever signs people in, here or at a proxy, in place of what was asked
/// for.
pub(crate) fn is_sign_in(status: u16, body: &str) -> bool {
    if let Some(envelope) = ErrorEnvelope::decode(body) {
        return envelope.code == ErrorCode::SignInNeeded;
    }
    match status {
        // A redirect that was not followed has the status 0, https://fetch.spec.whatwg.org/#http-redirect-fetch.
        0 | 300..=399 | 401 | 403 => true,
        // Nobody signs in with JSON: that is another server, or one of another version.
        200..=299 => !body.trim_ascii_start().starts_with(['{', '[']),
        _ => false,
    }
}

/// Reads what came of asking for the page's configuration: the status and the body.
///
/// # Errors
///
/// [`MicrophoneFailure::SignedOut`] if a sign-in page answered, [`MicrophoneFailure::Unloaded`] for any other
/// answer. The page then uses the default configuration.
pub fn configuration(status: u16, body: &str) -> Result<PageConfig, MicrophoneFailure> {
    if is_sign_in(status, body) {
        return Err(MicrophoneFailure::SignedOut);
    }
    let config = (status == 200).then(|| PageConfig::decode(body));
    config.flatten().ok_or(MicrophoneFailure::Unloaded)
}

/// The name, what happened, and what to do.
fn refusal(code: ErrorCode) -> (&'static str, &'static str, &'static str) {
    match code {
        ErrorCode::KeyRefused => (
            "key-refused",
            "The transcription service rejected this server's API key.",
            TELL,
        ),
        ErrorCode::PaymentRequired => (
            "payment-required",
            "The transcription account is out of credit.",
            TELL,
        ),
        ErrorCode::AccountForbidden => (
            "account-forbidden",
            "The transcription service rejected this server's account.",
            TELL,
        ),
        ErrorCode::RequestRefused => (
            "request-refused",
            "The transcription service rejected this server's settings.",
            TELL,
        ),
        ErrorCode::RateLimited => (
            "rate-limited",
            "Too many recordings were started.",
            "Wait a minute, then press Record.",
        ),
        ErrorCode::ServiceFailed => (
            "service-failed",
            "The transcription service is having problems.",
            "Press Record to try again.",
        ),
        ErrorCode::ServiceUnreachable => (
            "service-unreachable",
            "This page's server cannot reach the transcription service.",
            "Press Record to try again, or tell the person who runs this page.",
        ),
        ErrorCode::ServiceTimeout => (
            "service-timeout",
            "The transcription service took too long to answer.",
            "Press Record to try again.",
        ),
        ErrorCode::ServiceReplyInvalid => (
            "service-reply-invalid",
            "The transcription service sent an answer we could not read.",
            TELL,
        ),
        ErrorCode::SignInNeeded => SIGNED_OUT,
        ErrorCode::NotAllowed => (
            "not-allowed",
            "You are signed in, but you are not allowed to record here.",
            "Ask the person who runs this page for access.",
        ),
        ErrorCode::CrossSite | ErrorCode::ProxyBypassed => (
            "address-refused",
            "This page must be opened at another address.",
            "Ask the person who runs it for the right one.",
        ),
        ErrorCode::HostRefused => (
            "host-refused",
            "This server only records for the computer it runs on.",
            "Ask the person who runs it to start it with --auth proxy, --auth password or --auth open.",
        ),
        ErrorCode::LimitReached => (
            "limit-reached",
            "This server's recording limit is reached.",
            "Wait a while, then press Record.",
        ),
        ErrorCode::LimitsUnavailable => (
            "limits-unavailable",
            "This page's server cannot check its limits right now.",
            "Press Record to try again, or tell the person who runs this page.",
        ),
        ErrorCode::Overloaded => (
            "server-overloaded",
            "This page's server is too busy.",
            "Wait a moment, then press Record.",
        ),
        ErrorCode::WrongPassphrase
        | ErrorCode::BadRequest
        | ErrorCode::NotFound
        | ErrorCode::MethodNotAllowed
        | ErrorCode::Internal
        | ErrorCode::Unknown => (
            "server-failed",
            "This page's server had a problem.",
            "Reload the page, and if it keeps happening, tell the person who runs it.",
        ),
    }
}

fn closed(closure: Closure) -> (&'static str, &'static str) {
    match closure {
        Closure::Ended => (
            "ended-early",
            "The transcription service ended the session. Press Record to continue.",
        ),
        Closure::ConnectionLost => (
            "connection-lost",
            "The connection to the transcription service was lost. Check your network, then press \
             Record to continue.",
        ),
        Closure::CredentialsMissing => (
            "credentials-missing",
            "The transcription service received no access token. Reload the page, then press \
             Record.",
        ),
        Closure::CredentialsRefused => (
            "token-refused",
            "The transcription service rejected the access token. Press Record to try again, and if \
             it keeps happening, tell the person who runs this page.",
        ),
        Closure::TokenExpired => (
            "token-expired",
            "The access token expired before the connection opened. Press Record to try again.",
        ),
        Closure::AccountRefused => (
            "account-refused",
            "The transcription service stopped accepting this server's account. Tell the person who \
             runs this page.",
        ),
        Closure::TooManySessions => (
            "too-many-sessions",
            "Too many recordings were started within a minute. Wait a minute, then press Record.",
        ),
        Closure::FrameTooBig => (
            "frame-too-big",
            "This page sent a message that is too large for the transcription service. Reload the \
             page, then press Record.",
        ),
        Closure::ServiceFault => (
            "service-fault",
            "The transcription service had a problem. Press Record to continue.",
        ),
        Closure::TryAgainLater => (
            "service-busy",
            "The transcription service is busy. Wait a minute, then press Record.",
        ),
        Closure::RequestRefused => (
            "session-refused",
            "The transcription service rejected a setting or a message. Tell the person who runs \
             this page.",
        ),
        Closure::Inactivity => (
            "inactivity",
            "The transcription service heard nothing for a while and stopped. Press Record to \
             continue.",
        ),
        Closure::FrameDurationRefused => (
            "frame-duration",
            "This page sent audio in pieces of the wrong length. Press Record to continue.",
        ),
        Closure::AudioTooFast => (
            "audio-too-fast",
            "This page sent audio faster than the transcription service accepts. Press Record to \
             continue.",
        ),
        Closure::SessionExpired => (
            "session-expired",
            "You reached the time limit for one recording. Press Record to continue.",
        ),
        Closure::Unlisted(_) => (
            "closed-unlisted",
            "The transcription service closed the connection for an unknown reason. Press Record to \
             continue.",
        ),
    }
}

/// What helps where only the operator can.
const TELL: &str = "Tell the person who runs this page.";

/// The same problem at our server and at a proxy, and for every request.
const SIGNED_OUT: (&str, &str, &str) = (
    "sign-in-needed",
    "You are no longer signed in.",
    "Sign in again, then press Record.",
);
