//! The words for problems, in one table.

use std::borrow::Cow;

use inturn_client_core::problem::{MicrophoneFailure, Problem, TokenFailure};
use inturn_protocol::{CloseCause, ErrorCode};

use crate::{clock::clock, view::guard::duration};

/// A problem in words: one short sentence about what happened, and one about what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// A stable name for tests and style sheets.
    pub kind: &'static str,
    /// What happened.
    pub cause: Cow<'static, str>,
    /// What to do.
    pub remedy: Cow<'static, str>,
    /// The link to show with it.
    pub link: HelpLink,
}

/// A link that is shown with a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelpLink {
    /// No link.
    None,
    /// A link to the sign-in page.
    SignIn,
    /// A link that reloads the page.
    Reload,
}

impl Wording {
    /// Returns the words for a press on Record while another tab holds the recording lock.
    pub fn recorded_elsewhere() -> Self {
        let Row(kind, cause, remedy, link) = RECORDED_ELSEWHERE;
        Self {
            kind,
            cause: cause.into(),
            remedy: remedy.into(),
            link,
        }
    }

    /// Returns the words for `problem`.
    pub fn of(problem: &Problem) -> Self {
        let Row(kind, cause, remedy, link) = row(problem);
        let (cause, remedy) = match problem {
            Problem::RateUnsupported(rate_hz) => (
                format!("The microphone's sample rate of {rate_hz} Hz is not supported.").into(),
                remedy.into(),
            ),
            Problem::IdleStopped { limit_secs } => {
                let limit = duration(*limit_secs);
                let cause = format!("No words were heard for {limit}, so recording ended.");
                (cause.into(), remedy.into())
            }
            _ => {
                // A known waiting time replaces the general advice.
                let remedy = match problem.retry_after_secs() {
                    Some(secs @ 1..) => {
                        format!("Press Record again in {}.", clock(u64::from(secs))).into()
                    }
                    Some(0) => "Press Record to try again.".into(),
                    None => remedy.into(),
                };
                (cause.into(), remedy)
            }
        };
        Self {
            kind,
            cause,
            remedy,
            link,
        }
    }

    /// Returns the words for a problem that interrupts the transcription, while the recorder keeps
    /// the audio and tries again by itself. Reloading the page would lose the audio.
    pub fn interrupted(problem: &Problem) -> Self {
        let wording = Self::of(problem);
        let lost = match problem {
            Problem::MicrophoneLost => Some("The microphone was disconnected."),
            Problem::MicrophonePaused => Some("The microphone stopped delivering sound."),
            _ => None,
        };
        if let Some(cause) = lost {
            return Self {
                cause: cause.into(),
                remedy: "Reconnect it or connect another, and recording continues by itself."
                    .into(),
                ..wording
            };
        }
        let remedy = match problem.retry_after_secs() {
            _ if wording.link == HelpLink::SignIn => {
                "Sign in again, and leave this page open to keep your words.".into()
            }
            Some(secs @ 1..) => {
                let secs = clock(u64::from(secs));
                format!("Leave this page open, the next attempt follows in {secs}.").into()
            }
            _ => "Leave this page open, and your words follow once the connection is back.".into(),
        };
        Self {
            remedy,
            link: match wording.link {
                HelpLink::SignIn => HelpLink::SignIn,
                HelpLink::None | HelpLink::Reload => HelpLink::None,
            },
            ..wording
        }
    }

    /// Returns the words for a problem that keeps a recording paused. Its button is Resume.
    pub fn paused(problem: &Problem) -> Self {
        let wording = Self::of(problem);
        // By words, because the standard library's string search adds 3 kB to the page (brotli).
        let words = wording.remedy.split(' ').map(|word| match word {
            "Record" => "Resume",
            "Record." => "Resume.",
            "Record," => "Resume,",
            other => other,
        });
        let remedy = words.collect::<Vec<_>>().join(" ");
        Self {
            remedy: remedy.into(),
            ..wording
        }
    }

    /// Names the silent microphone in the first sentence.
    pub fn name_device(&mut self, device: &str) {
        self.cause = format!("We hear nothing from “{}”.", short_name(device)).into();
    }

    /// Returns both sentences as one text.
    pub fn text(&self) -> String {
        format!("{} {}", self.cause, self.remedy)
    }
}

/// Returns the name of a device, cut off if it is long.
pub(crate) fn short_name(device: &str) -> String {
    device.chars().take(MAX_DEVICE_CHARS).collect()
}

/// A row of the table: kind, cause, remedy, link.
struct Row(&'static str, &'static str, &'static str, HelpLink);

fn row(problem: &Problem) -> Row {
    match problem {
        Problem::Microphone(failure) => microphone(*failure),
        Problem::Token(TokenFailure::Refused { code, .. }) => refusal(*code),
        Problem::Closed(cause) => closed(*cause),
        Problem::NoSound => Row(
            "no-sound",
            "No sound is coming from the microphone.",
            "Choose another one in the browser's settings for this page, then press Record.",
            HelpLink::None,
        ),
        Problem::MicrophoneLost => Row(
            "microphone-lost",
            "The microphone was disconnected, so recording stopped.",
            "Reconnect it, then press Record to continue.",
            HelpLink::None,
        ),
        Problem::MicrophonePaused => Row(
            "microphone-paused",
            "The browser paused the microphone, for example for a call, so recording stopped.",
            "Press Record to continue.",
            HelpLink::None,
        ),
        Problem::MicrophoneSilent => Row(
            "microphone-silent",
            "We hear nothing from the microphone.",
            "Check that it is not muted, or choose another one in the browser's settings.",
            HelpLink::None,
        ),
        Problem::RateUnsupported(_) => Row(
            "rate-unsupported",
            "The microphone's sample rate is not supported.",
            "Set it to between 8 and 192 kHz in the system's sound settings.",
            HelpLink::None,
        ),
        Problem::Token(TokenFailure::Unreachable) => Row(
            "server-unreachable",
            "This page's server cannot be reached.",
            "Check your network, then press Record.",
            HelpLink::None,
        ),
        Problem::Token(TokenFailure::TimedOut) => Row(
            "server-timeout",
            "This page's server took too long to answer.",
            "Press Record to try again.",
            HelpLink::None,
        ),
        Problem::Token(TokenFailure::Unreadable) => Row(
            "server-unreadable",
            "The answer did not come from this page's server.",
            "Reload the page, then press Record.",
            HelpLink::Reload,
        ),
        Problem::SocketRefused => Row(
            "socket-refused",
            "The transcription service cannot be reached.",
            "Check that your network allows WebSockets, then press Record.",
            HelpLink::None,
        ),
        Problem::NoBegin => Row(
            "no-begin",
            "The transcription service did not answer.",
            "Press Record to try again.",
            HelpLink::None,
        ),
        Problem::TurnUnreadable => Row(
            "turn-unreadable",
            "Recording continues, but some words could not be read and are missing.",
            "Tell the person who runs this page.",
            HelpLink::None,
        ),
        Problem::EndUnconfirmed => Row(
            "end-unconfirmed",
            "The transcription service did not confirm the end.",
            "Check whether the last line is complete.",
            HelpLink::None,
        ),
        Problem::CutShort => Row(
            "cut-short",
            "You stopped before the last words arrived.",
            "Check whether the last line is complete.",
            HelpLink::None,
        ),
        Problem::IdleStopped { .. } => Row(
            "idle-stopped",
            "No words were heard for a while, so recording ended.",
            "Press Record to continue in the same transcript.",
            HelpLink::None,
        ),
    }
}

fn microphone(failure: MicrophoneFailure) -> Row {
    match failure {
        MicrophoneFailure::Denied => Row(
            "microphone-denied",
            "The microphone is blocked.",
            "Click the icon left of the address, allow the microphone, then press Record.",
            HelpLink::None,
        ),
        MicrophoneFailure::Missing => Row(
            "microphone-missing",
            "No microphone was found.",
            "Connect one, then press Record.",
            HelpLink::None,
        ),
        MicrophoneFailure::Busy => Row(
            "microphone-busy",
            "Another program may be using the microphone.",
            "Close it, then press Record.",
            HelpLink::None,
        ),
        MicrophoneFailure::InsecurePage => Row(
            "page-insecure",
            "Browsers allow the microphone on secure pages only.",
            "Open this page over https, or as http://localhost on the computer it runs on.",
            HelpLink::None,
        ),
        MicrophoneFailure::Unsupported => Row(
            "browser-unsupported",
            "This browser cannot record.",
            "Use a current Chrome, Edge, Firefox or Safari.",
            HelpLink::None,
        ),
        MicrophoneFailure::Unloaded => Row(
            "page-unloaded",
            "Part of this page could not be loaded.",
            "Check your network, then press Record, or reload the page.",
            HelpLink::Reload,
        ),
        MicrophoneFailure::SignedOut => SIGNED_OUT,
        MicrophoneFailure::Other => Row(
            "microphone-failed",
            "The microphone could not be started.",
            "Reload the page, then press Record.",
            HelpLink::Reload,
        ),
    }
}

/// Words for the errors that our server returns.
fn refusal(code: ErrorCode) -> Row {
    match code {
        ErrorCode::KeyRefused => Row(
            "key-refused",
            "The transcription service rejected this server's API key.",
            TELL_OPERATOR,
            HelpLink::None,
        ),
        ErrorCode::PaymentRequired => Row(
            "payment-required",
            "The transcription account is out of credit.",
            TELL_OPERATOR,
            HelpLink::None,
        ),
        ErrorCode::AccountForbidden => Row(
            "account-forbidden",
            "The transcription service rejected this server's account.",
            TELL_OPERATOR,
            HelpLink::None,
        ),
        ErrorCode::RequestRefused => Row(
            "request-refused",
            "The transcription service rejected this server's settings.",
            TELL_OPERATOR,
            HelpLink::None,
        ),
        ErrorCode::RateLimited => Row(
            "rate-limited",
            "Too many recordings were started.",
            "Wait a minute, then press Record.",
            HelpLink::None,
        ),
        ErrorCode::ServiceFailed => Row(
            "service-failed",
            "The transcription service is having problems.",
            "Press Record to try again.",
            HelpLink::None,
        ),
        ErrorCode::ServiceUnreachable => Row(
            "service-unreachable",
            "This page's server cannot reach the transcription service.",
            "Press Record to try again, or tell the person who runs this page.",
            HelpLink::None,
        ),
        ErrorCode::ServiceTimeout => Row(
            "service-timeout",
            "The transcription service took too long to answer.",
            "Press Record to try again.",
            HelpLink::None,
        ),
        ErrorCode::ServiceReplyInvalid => Row(
            "service-reply-invalid",
            "The transcription service sent an answer we could not read.",
            TELL_OPERATOR,
            HelpLink::None,
        ),
        ErrorCode::SignInNeeded => SIGNED_OUT,
        ErrorCode::NotAllowed => Row(
            "not-allowed",
            "You are signed in, but you are not allowed to record here.",
            "Ask the person who runs this page for access.",
            HelpLink::None,
        ),
        ErrorCode::CrossSite | ErrorCode::ProxyBypassed => Row(
            "address-refused",
            "This page must be opened at another address.",
            "Ask the person who runs it for the right one.",
            HelpLink::None,
        ),
        ErrorCode::HostRefused => Row(
            "host-refused",
            "This server only records for the computer it runs on.",
            "Ask the person who runs it to start it with --auth proxy, --auth password or \
             --auth open.",
            HelpLink::None,
        ),
        ErrorCode::LimitReached => Row(
            "limit-reached",
            "This server's recording limit is reached.",
            "Wait a while, then press Record.",
            HelpLink::None,
        ),
        ErrorCode::LimitsUnavailable => Row(
            "limits-unavailable",
            "This page's server cannot check its limits right now.",
            "Press Record to try again, or tell the person who runs this page.",
            HelpLink::None,
        ),
        ErrorCode::Overloaded => Row(
            "server-overloaded",
            "This page's server is too busy.",
            "Wait a moment, then press Record.",
            HelpLink::None,
        ),
        ErrorCode::WrongPassphrase
        | ErrorCode::BadRequest
        | ErrorCode::NotFound
        | ErrorCode::MethodNotAllowed
        | ErrorCode::Internal
        | ErrorCode::Unknown => Row(
            "server-failed",
            "This page's server had a problem.",
            "Reload the page, and if it keeps happening, tell the person who runs it.",
            HelpLink::Reload,
        ),
    }
}

/// Words for the reasons why the service closed a session.
fn closed(cause: CloseCause) -> Row {
    match cause {
        CloseCause::Ended => Row(
            "ended-early",
            "The transcription service ended the session.",
            "Press Record to continue.",
            HelpLink::None,
        ),
        CloseCause::ConnectionLost => Row(
            "connection-lost",
            "The connection to the transcription service was lost.",
            "Check your network, then press Record to continue.",
            HelpLink::None,
        ),
        CloseCause::CredentialsMissing => Row(
            "credentials-missing",
            "The transcription service received no access token.",
            "Reload the page, then press Record.",
            HelpLink::Reload,
        ),
        CloseCause::CredentialsRefused => Row(
            "token-refused",
            "The transcription service rejected the access token.",
            "Press Record to try again, and if it keeps happening, tell the person who runs this \
             page.",
            HelpLink::None,
        ),
        CloseCause::TokenExpired => Row(
            "token-expired",
            "The access token expired before the connection opened.",
            "Press Record to try again.",
            HelpLink::None,
        ),
        CloseCause::AccountRefused => Row(
            "account-refused",
            "The transcription service stopped accepting this server's account.",
            "Tell the person who runs this page.",
            HelpLink::None,
        ),
        CloseCause::TooManySessions => Row(
            "too-many-sessions",
            "Too many recordings were started within a minute.",
            "Wait a minute, then press Record.",
            HelpLink::None,
        ),
        CloseCause::FrameTooBig => Row(
            "frame-too-big",
            "This page sent a message that is too large for the transcription service.",
            "Reload the page, then press Record.",
            HelpLink::Reload,
        ),
        CloseCause::ServiceFault => Row(
            "service-fault",
            "The transcription service had a problem.",
            "Press Record to continue.",
            HelpLink::None,
        ),
        CloseCause::TryAgainLater => Row(
            "service-busy",
            "The transcription service is busy.",
            "Wait a minute, then press Record.",
            HelpLink::None,
        ),
        CloseCause::RequestRefused => Row(
            "session-refused",
            "The transcription service rejected a setting or a message.",
            "Tell the person who runs this page.",
            HelpLink::None,
        ),
        CloseCause::Inactivity => Row(
            "inactivity",
            "The transcription service heard nothing for a while and stopped.",
            "Press Record to continue.",
            HelpLink::None,
        ),
        CloseCause::FrameDurationRefused => Row(
            "frame-duration",
            "This page sent audio in pieces of the wrong length.",
            "Press Record to continue.",
            HelpLink::None,
        ),
        CloseCause::AudioTooFast => Row(
            "audio-too-fast",
            "This page sent audio faster than the transcription service accepts.",
            "Press Record to continue.",
            HelpLink::None,
        ),
        CloseCause::SessionExpired => Row(
            "session-expired",
            "The connection to the transcription service reached its time limit.",
            "Press Record to continue.",
            HelpLink::None,
        ),
        CloseCause::Unlisted(_) => Row(
            "closed-unlisted",
            "The transcription service closed the connection for an unknown reason.",
            "Press Record to continue.",
            HelpLink::None,
        ),
    }
}

/// The advice for problems that only the operator can solve.
const TELL_OPERATOR: &str = "Tell the person who runs this page.";

/// Not a problem of a recording: the recorder is not asked for one.
const RECORDED_ELSEWHERE: Row = Row(
    "recorded-elsewhere",
    "Another tab of this browser is recording.",
    "Stop it there, then press Record here.",
    HelpLink::None,
);

/// Shown for every request that needs a sign-in, at our server or at a proxy.
const SIGNED_OUT: Row = Row(
    "sign-in-needed",
    "You are no longer signed in.",
    "Sign in again, then press Record.",
    HelpLink::SignIn,
);

/// Longer than the names of most devices, and short enough for a line on a phone.
const MAX_DEVICE_CHARS: usize = 40;
