//! Everything that can go wrong with a recording, each in one sentence a person can act on.

use std::fmt;

use inturn_protocol::{Closure, ErrorCode, ErrorEnvelope, PageConfig};
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
    /// The page's server did not give the part of the page that records.
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
                    "The microphone is not allowed here: allow it in the browser's settings for \
                     this page, then press Record again."
                }
                MicrophoneFailure::Missing => {
                    "No microphone was found: connect one, then press Record again."
                }
                MicrophoneFailure::Busy => {
                    "The microphone cannot be read: close other programs that use it, then press \
                     Record again."
                }
                MicrophoneFailure::InsecurePage => {
                    "Browsers give the microphone to secure pages only: open this page over https, \
                     or as http://localhost on the machine it runs on."
                }
                MicrophoneFailure::Unsupported => {
                    "This browser cannot record: use a current Chrome, Edge, Firefox or Safari."
                }
                MicrophoneFailure::Unloaded => {
                    "The server of this page did not answer when its recording part was loaded: \
                     check the network, then press Record again."
                }
                MicrophoneFailure::SignedOut => SIGNED_OUT.1,
                MicrophoneFailure::Other => {
                    "The microphone could not be started: reload the page, then press Record again."
                }
            },
            Self::NoSound => {
                "No sound comes from the microphone: choose another one in the browser's settings \
                 for this page, then press Record again."
            }
            Self::MicrophoneLost => {
                "The microphone went away and the recording was ended: connect it, then press \
                 Record to go on."
            }
            Self::MicrophonePaused => {
                "The browser paused the microphone, as it does for a call, and the recording was \
                 ended: press Record to go on."
            }
            Self::RateUnsupported(rate_hz) => {
                return write!(
                    f,
                    "The microphone runs at {rate_hz} Hz, which cannot be used: set it to between \
                     8 and 192 kHz in the system's sound settings."
                );
            }
            Self::Token(failure) => match failure {
                TokenFailure::Unreachable => {
                    "The server of this page cannot be reached: check the network, then press \
                     Record again."
                }
                TokenFailure::TimedOut => {
                    "The server of this page took too long to answer: press Record again in a \
                     moment."
                }
                TokenFailure::Refused {
                    code,
                    retry_after_secs: Some(secs),
                } => {
                    // What is wrong stays; what to do about it is to wait for so long.
                    let sentence = refusal(*code).1;
                    let cause = sentence.split(':').next().unwrap_or(sentence);
                    write!(f, "{cause}: press Record again")?;
                    if let Some((count, step)) = wait(*secs) {
                        let unit = match step {
                            1 => "second",
                            60 => "minute",
                            _ => "hour",
                        };
                        let plural = if count == 1 { "" } else { "s" };
                        write!(f, " in {count} {unit}{plural}")?;
                    }
                    return f.write_str(".");
                }
                TokenFailure::Refused { code, .. } => refusal(*code).1,
                TokenFailure::Unreadable => {
                    "Something other than this page's own server answered: reload the page, then press \
                     Record again."
                }
            },
            Self::SocketRefused => {
                "The transcription service cannot be reached: check the network and that it lets \
                 WebSockets through, then press Record again."
            }
            Self::NoBegin => {
                "The transcription service does not answer: press Record again in a moment."
            }
            Self::Closed(closure) => closed(*closure).1,
            Self::TurnUnreadable => {
                "Some words are missing because the transcription service sent them in an unknown \
                 form, but recording goes on: tell the person who runs this page."
            }
            Self::EndUnconfirmed => {
                "The transcription service did not confirm the end: check the last line, whose end may \
                 be missing."
            }
            Self::CutShort => {
                "You stopped before the last words had come: check the last line, whose end may be \
                 missing."
            }
        };
        f.write_str(sentence)
    }
}

/// How a wait is told: a count, and the seconds that each stands for. Nothing where it is over.
pub(crate) fn wait(secs: u32) -> Option<(u32, u32)> {
    let step = match secs {
        0 => return None,
        1..=60 => 1,
        61..=3_600 => 60,
        _ => 3_600,
    };
    Some((secs.div_ceil(step), step))
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
/// With the problem if somebody must sign in first; without one where the page can go on.
pub fn configuration(status: u16, body: &str) -> Result<PageConfig, Option<Problem>> {
    if is_sign_in(status, body) {
        return Err(Some(Problem::Microphone(MicrophoneFailure::SignedOut)));
    }
    let config = (status == 200).then(|| PageConfig::decode(body));
    config.flatten().ok_or(None)
}

fn refusal(code: ErrorCode) -> (&'static str, &'static str) {
    match code {
        ErrorCode::KeyRefused => (
            "key-refused",
            "The transcription service refuses this server's API key: tell whoever runs this page.",
        ),
        ErrorCode::PaymentRequired => (
            "payment-required",
            "The transcription account has no money left: tell whoever runs this page.",
        ),
        ErrorCode::AccountForbidden => (
            "account-forbidden",
            "The transcription service does not serve this account: tell whoever runs this page.",
        ),
        ErrorCode::RequestRefused => (
            "request-refused",
            "The transcription service does not take this server's settings: tell whoever runs \
             this page.",
        ),
        ErrorCode::RateLimited => (
            "rate-limited",
            "Too many recordings were started: wait a minute, then press Record again.",
        ),
        ErrorCode::ServiceFailed => (
            "service-failed",
            "The transcription service has a fault: press Record again in a moment.",
        ),
        ErrorCode::ServiceUnreachable => (
            "service-unreachable",
            "This page's server cannot reach the transcription service: try again in a moment, or \
             tell whoever runs this page.",
        ),
        ErrorCode::ServiceTimeout => (
            "service-timeout",
            "The transcription service took too long to answer: press Record again in a moment.",
        ),
        ErrorCode::ServiceReplyInvalid => (
            "service-reply-invalid",
            "The transcription service gave an answer nobody can read: tell whoever runs this \
             page.",
        ),
        ErrorCode::SignInNeeded => SIGNED_OUT,
        ErrorCode::NotAllowed => (
            "not-allowed",
            "You are signed in, but not among those who may record here: ask whoever runs this page.",
        ),
        ErrorCode::CrossSite | ErrorCode::ProxyBypassed => (
            "address-refused",
            "This server is to be used under another address: ask whoever runs it which one.",
        ),
        ErrorCode::HostRefused => (
            "host-refused",
            "This server records for its own computer only: ask the person who runs it to start it with \
             --auth proxy, --auth password or --auth open.",
        ),
        ErrorCode::LimitReached => (
            "limit-reached",
            "As many recordings were started as this server allows for now: wait a little, then press \
             Record again.",
        ),
        ErrorCode::LimitsUnavailable => (
            "limits-unavailable",
            "This page's server cannot count recordings just now, and so starts none: try again in a \
             moment, or tell whoever runs this page.",
        ),
        ErrorCode::Overloaded => (
            "server-overloaded",
            "The server of this page has too much to do: press Record again in a moment.",
        ),
        ErrorCode::WrongPassphrase
        | ErrorCode::BadRequest
        | ErrorCode::NotFound
        | ErrorCode::MethodNotAllowed
        | ErrorCode::Internal
        | ErrorCode::Unknown => (
            "server-failed",
            "The server of this page failed: reload the page, and if it stays so tell whoever runs \
             it.",
        ),
    }
}

fn closed(closure: Closure) -> (&'static str, &'static str) {
    match closure {
        Closure::Ended => (
            "ended-early",
            "The transcription service ended the session: press Record to go on.",
        ),
        Closure::ConnectionLost => (
            "connection-lost",
            "The connection to the transcription service was lost: check the network, then press \
             Record to go on.",
        ),
        Closure::CredentialsMissing => (
            "credentials-missing",
            "The transcription service got no token: reload the page, then press Record again.",
        ),
        Closure::CredentialsRefused => (
            "token-refused",
            "The transcription service refused the token: press Record again, and if it stays so \
             tell whoever runs this page.",
        ),
        Closure::TokenExpired => (
            "token-expired",
            "The token was too old when the connection opened: press Record again.",
        ),
        Closure::AccountRefused => (
            "account-refused",
            "The transcription service does not serve this account now: tell whoever runs this \
             page.",
        ),
        Closure::TooManySessions => (
            "too-many-sessions",
            "Too many recordings were started within a minute: wait a little, then press Record \
             again.",
        ),
        Closure::FrameTooBig => (
            "frame-too-big",
            "The transcription service found a message too big, which is a fault of this page: \
             reload it, then press Record again.",
        ),
        Closure::ServiceFault => (
            "service-fault",
            "The transcription service had a fault: press Record to go on.",
        ),
        Closure::TryAgainLater => (
            "service-busy",
            "The transcription service is busy: press Record again in a minute.",
        ),
        Closure::RequestRefused => (
            "session-refused",
            "The transcription service did not take a setting or message: tell whoever runs this \
             page.",
        ),
        Closure::Inactivity => (
            "inactivity",
            "The transcription service heard nothing for too long and stopped: press Record to go \
             on.",
        ),
        Closure::FrameDurationRefused => (
            "frame-duration",
            "The transcription service found a piece of audio too short or too long, which is a \
             fault of this page: press Record to go on.",
        ),
        Closure::AudioTooFast => (
            "audio-too-fast",
            "Audio reached the transcription service faster than it can listen: press Record to go \
             on.",
        ),
        Closure::SessionExpired => (
            "session-expired",
            "The recording reached its longest time: press Record to go on.",
        ),
        Closure::Unlisted(_) => (
            "closed-unlisted",
            "The transcription service closed the connection for a reason it did not name: press \
             Record to go on.",
        ),
    }
}

/// Of whoever asked: here and at a proxy, and whatever was asked for.
const SIGNED_OUT: (&str, &str) = (
    "sign-in-needed",
    "You are not signed in any more: sign in again, then press Record.",
);
