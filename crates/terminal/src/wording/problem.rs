//! The words for problems.

use std::borrow::Cow;

use inturn_client_core::{
    problem::{Problem, TokenFailure},
    session::IDLE_COUNTDOWN,
};
use inturn_protocol::ErrorCode;

use super::{
    row::{CHECK_LAST_LINE, RETRY, Row},
    service::{closed, refusal},
    source,
    state::time,
};
use crate::track::Origin;

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
    pub fn of(problem: &Problem, origin: Origin) -> Self {
        let Row(kind, cause, remedy) = row(problem, origin);
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
                // The countdown of a minute had no words either.
                let limit = time(limit_secs + IDLE_COUNTDOWN.as_secs() as u32);
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
    pub fn interrupted(problem: &Problem, origin: Origin) -> Self {
        let wording = Self::of(problem, origin);
        let in_words =
            |(cause, remedy): (&'static str, &'static str)| (cause.into(), remedy.into());
        let (cause, remedy): (_, Cow<'static, str>) = match problem {
            Problem::MicrophoneLost => in_words(source::lost_for_now(origin)),
            Problem::MicrophonePaused => in_words(source::paused_for_now(origin)),
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

fn row(problem: &Problem, origin: Origin) -> Row {
    match problem {
        Problem::Microphone(failure) => source::unopened(*failure, origin),
        Problem::Token(failure) => token(*failure),
        Problem::Closed(cause) => closed(*cause),
        Problem::NoSound => source::no_sound(origin),
        Problem::MicrophoneLost => source::lost(origin),
        Problem::MicrophonePaused => source::paused(origin),
        Problem::MicrophoneSilent => source::silent(origin),
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
            "The recording goes on. Please report this.",
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
