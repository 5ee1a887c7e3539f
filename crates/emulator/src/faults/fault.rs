//! A fault, and the sessions or token requests that it applies to.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::message_kind::MessageKind;

/// A fault, and the sessions or token requests that it applies to.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The fault.
    pub fault: Fault,
    /// Number of the session (or of the token request, for `token_…` faults) that it applies to,
    /// counted from 1 since the faults were set. `None` applies to all.
    pub number: Option<u64>,
    /// Highest number of uses; `None` is unlimited.
    pub times: Option<u64>,
}

/// Something that goes wrong. `after_audio_ms` counts received audio, in milliseconds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The token endpoint answers with this status.
    TokenStatus {
        /// The HTTP status, 400 to 599.
        status: u16,
        /// Value of the `Retry-After` header, in seconds.
        #[serde(default)]
        retry_after_seconds: Option<u32>,
        /// The body's `error`; the status's standard phrase by default.
        #[serde(default)]
        error: Option<String>,
    },
    /// The token endpoint answers 200 with a body that is not JSON.
    TokenNotJson {},
    /// The token endpoint answers 200 with JSON without a token.
    TokenMissing {},
    /// The token endpoint never answers.
    TokenHang {},
    /// The upgrade is refused with an HTTP status.
    RefuseUpgrade {
        /// The HTTP status, 400 to 599.
        status: u16,
    },
    /// `Error` and close are sent instead of `Begin`.
    Refuse {
        /// The close code.
        code: u16,
        /// The text of the `Error`; without it, no `Error` is sent.
        #[serde(default)]
        text: Option<String>,
    },
    /// `Begin` is sent late.
    SlowBegin {
        /// The delay, in milliseconds.
        ms: u64,
    },
    /// Nothing is ever sent, though the socket is open.
    NoBegin {},
    /// Another message is sent instead of `Begin`.
    ReplaceBegin {
        /// The message: any JSON.
        send: Value,
    },
    /// An additional frame is sent. Exactly one of `send`, `text` and `bytes` must be given.
    Say {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
        /// Any JSON, sent as a text frame.
        #[serde(default, deserialize_with = "some_value")]
        send: Option<Value>,
        /// A text frame, verbatim.
        #[serde(default)]
        text: Option<String>,
        /// A binary frame.
        #[serde(default)]
        bytes: Option<Vec<u8>>,
    },
    /// The emulator sends no turns of its own; `Termination` is still sent.
    NoTurns {},
    /// `Error` and close are sent in mid-session.
    Close {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
        /// The close code.
        code: u16,
        /// The text of the `Error`; without it, no `Error` is sent.
        #[serde(default)]
        text: Option<String>,
    },
    /// The connection is dropped without a close frame (a client sees 1006).
    Cut {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
    },
    /// From then on nothing is sent, not even an `Error`, though the socket stays open and audio is
    /// accepted.
    Silent {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
    },
    /// A message of an unknown type is sent.
    UnknownMessage {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
    },
    /// A text frame that is not JSON is sent.
    MalformedMessage {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
    },
    /// A `Warning` is sent.
    Warning {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
        /// Its code.
        #[serde(default)]
        warning_code: u32,
        /// Its text.
        #[serde(default)]
        warning: String,
    },
    /// The emulator stops reading from the socket for a time, then goes on. It still sends.
    StallReading {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
        /// The time, in milliseconds.
        ms: u64,
    },
    /// From then on nothing is read or written, and the socket stays open: the client sees neither
    /// a FIN nor a reset.
    DeadConnection {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
        /// Time until the connection is dropped. Without it, the emulator's shutdown drops it.
        #[serde(default)]
        seconds: Option<u32>,
    },
    /// From then on every message is sent late, in order. Another one with 0 ms ends the delay.
    DelayMessages {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
        /// The delay, in milliseconds.
        ms: u64,
    },
    /// Messages of a kind are not sent, though the session goes on.
    DropMessages {
        /// The kind.
        message: MessageKind,
        /// Position in the audio from which messages are dropped; 0 includes `Begin`.
        #[serde(default)]
        after_audio_ms: u64,
        /// Number of messages; all by default.
        #[serde(default)]
        count: Option<u64>,
    },
    /// The session is limited to this duration: `expires_at` in `Begin`, then a close with 3008.
    SessionCap {
        /// The duration, 1 or more.
        seconds: u32,
    },
    /// From then on no heartbeats are sent.
    StopHeartbeats {
        /// Position in the audio; 0 is right after `Begin`.
        after_audio_ms: u64,
    },
    /// Every message, and every word in it, has unknown fields.
    ExtraFields {},
    /// Times and durations in messages are fractional, where the protocol has integers.
    FractionalNumbers {},
    /// `turn_order` restarts at 0 in mid-session, once.
    RestartTurnOrder {
        /// Number of ended turns before the restart, 1 or more.
        after_turns: u32,
    },
    /// Every end of a turn is sent twice, without a difference.
    DuplicateFinal {},
    /// Every end of a turn is sent only after the next turn's first partial.
    LateFinal {},
    /// The formatted end of a turn is sent only after the next turn's first partial.
    LateFormattedEnd {},
    /// An additional, empty end of turn is sent before `Termination`.
    EmptyFinal {},
    /// The last turn is sent late after `Terminate`.
    HoldFinal {
        /// The delay, in milliseconds.
        ms: u64,
    },
    /// The last turns are sent after `Terminate`, but `Termination` and the close are not.
    NoTermination {},
    /// `Termination` is sent, but the close is not.
    NoClose {},
    /// `Terminate` is answered with this close, without `Termination`.
    CloseOnTerminate {
        /// The close code.
        code: u16,
        /// The text of the `Error`; without it, no `Error` is sent.
        #[serde(default)]
        text: Option<String>,
    },
}

impl From<Fault> for Rule {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            number: None,
            times: None,
        }
    }
}

impl Rule {
    pub(super) fn from_value(value: Value) -> Result<Self, String> {
        let Value::Object(mut fields) = value else {
            return Err("it is not an object".to_owned());
        };
        let mut count = |name: &str| match fields.remove(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(count) if count > 0 => Ok(Some(count)),
                _ => Err(format!("'{name}' must be a whole number, 1 or more")),
            },
        };
        let (session, request, times) = (count("session")?, count("request")?, count("times")?);
        let fault: Fault =
            serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())?;
        let number = match (fault.is_token_fault(), session, request) {
            (true, None, number) | (false, number, None) => number,
            (true, Some(_), _) => {
                return Err("a token fault takes 'request', not 'session'".to_owned());
            }
            (false, _, Some(_)) => {
                return Err("a session fault takes 'session', not 'request'".to_owned());
            }
        };
        fault.check()?;
        Ok(Self {
            fault,
            number,
            times,
        })
    }
}

impl Fault {
    pub(super) fn is_token_fault(&self) -> bool {
        matches!(
            self,
            Self::TokenStatus { .. }
                | Self::TokenNotJson {}
                | Self::TokenMissing {}
                | Self::TokenHang {}
        )
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::TokenStatus { status, .. } | Self::RefuseUpgrade { status }
                if !(400..=599).contains(status) =>
            {
                Err("'status' must be 400 to 599".to_owned())
            }
            // 1005, 1006 and 1015 are reserved for local use, never for the wire (RFC 6455, 7.4.1).
            Self::Refuse { code, .. }
            | Self::Close { code, .. }
            | Self::CloseOnTerminate { code, .. }
                if !(1000..=4999).contains(code) || [1004, 1005, 1006, 1015].contains(code) =>
            {
                Err("'code' must be a close code that an endpoint may send".to_owned())
            }
            Self::Say {
                send, text, bytes, ..
            } if [send.is_some(), text.is_some(), bytes.is_some()]
                .into_iter()
                .filter(|given| *given)
                .count()
                != 1 =>
            {
                Err("exactly one of 'send', 'text' and 'bytes' must be given".to_owned())
            }
            Self::SessionCap { seconds: 0 } => Err("'seconds' must be 1 or more".to_owned()),
            Self::RestartTurnOrder { after_turns: 0 } => {
                Err("'after_turns' must be 1 or more".to_owned())
            }
            Self::DropMessages { count: Some(0), .. } => {
                Err("'count' must be 1 or more".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Reads `null` as a value, so that it differs from a missing field.
fn some_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
