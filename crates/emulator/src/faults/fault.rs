//! One fault, and whom it befalls.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A fault and whom it befalls.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What goes wrong.
    pub fault: Fault,
    /// Only for this attempt to open a session (or, for `token_…` faults, to get a token), counted
    /// from 1 since the faults were set; `None` is every one.
    pub number: Option<u64>,
    /// At most this many times; `None` is without end.
    pub times: Option<u64>,
}

/// What can go wrong. Times are in milliseconds; `after_audio_ms` counts audio received.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The token endpoint answers with this status.
    TokenStatus {
        /// The HTTP status, 400 to 599.
        status: u16,
        /// A `Retry-After` header, in seconds.
        #[serde(default)]
        retry_after_seconds: Option<u32>,
        /// The body's `error`; a stock sentence by default.
        #[serde(default)]
        error: Option<String>,
    },
    /// The token endpoint answers 200 with something that is no JSON.
    TokenNotJson {},
    /// The token endpoint answers 200 with JSON that holds no token.
    TokenMissing {},
    /// The token endpoint never answers.
    TokenHang {},
    /// The upgrade is refused with a bare HTTP status.
    RefuseUpgrade {
        /// The HTTP status, 400 to 599.
        status: u16,
    },
    /// `Error` and close in place of `Begin`.
    Refuse {
        /// The close code.
        code: u16,
        /// The text; without it there is no `Error`.
        #[serde(default)]
        text: Option<String>,
    },
    /// `Begin` comes late.
    SlowBegin {
        /// How late.
        ms: u64,
    },
    /// Nothing ever comes, though the socket is open.
    NoBegin {},
    /// Any message in place of `Begin`.
    ReplaceBegin {
        /// What is sent: any JSON.
        send: Value,
    },
    /// Any text or binary frame. Exactly one of `send`, `text` and `bytes` is given.
    Say {
        /// When; 0 is right after `Begin`.
        after_audio_ms: u64,
        /// Any JSON, sent as a text frame.
        #[serde(default, deserialize_with = "given")]
        send: Option<Value>,
        /// A text frame, verbatim.
        #[serde(default)]
        text: Option<String>,
        /// A binary frame.
        #[serde(default)]
        bytes: Option<Vec<u8>>,
    },
    /// The emulator reports no turns of its own; `Termination` still comes.
    NoTurns {},
    /// `Error` and close in mid-session.
    Close {
        /// When; 0 is right after `Begin`.
        after_audio_ms: u64,
        /// The close code.
        code: u16,
        /// The text; without it there is no `Error`.
        #[serde(default)]
        text: Option<String>,
    },
    /// The connection goes away without a close frame (a client sees 1006).
    Cut {
        /// When; 0 is right after `Begin`.
        after_audio_ms: u64,
    },
    /// From here on nothing comes any more, though the socket stays open and audio is taken.
    Silent {
        /// When; 0 is right after `Begin`.
        after_audio_ms: u64,
    },
    /// A message of a type nobody knows.
    UnknownMessage {
        /// When; 0 is right after `Begin`.
        after_audio_ms: u64,
    },
    /// A text frame that is no JSON.
    MalformedMessage {
        /// When; 0 is right after `Begin`.
        after_audio_ms: u64,
    },
    /// A `Warning`.
    Warning {
        /// When; 0 is right after `Begin`.
        after_audio_ms: u64,
        /// Its code.
        #[serde(default)]
        warning_code: u32,
        /// Its text.
        #[serde(default)]
        warning: String,
    },
    /// Every message, and every word in it, carries fields nobody knows.
    ExtraFields {},
    /// A formatted end comes only after the next turn's first partial.
    LateFormattedEnd {},
    /// One more, empty end before `Termination`.
    EmptyFinal {},
    /// What is left at `Terminate` comes late.
    HoldFinal {
        /// How late.
        ms: u64,
    },
    /// `Terminate` is obeyed, but `Termination` and the close never come.
    NoTermination {},
    /// `Termination` comes, the close does not.
    NoClose {},
    /// `Terminate` is answered by this close, without `Termination`.
    CloseOnTerminate {
        /// The close code.
        code: u16,
        /// The text; without it there is no `Error`.
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
            return Err("it is no object".to_owned());
        };
        let mut count = |name: &str| match fields.remove(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(count) if count > 0 => Ok(Some(count)),
                _ => Err(format!("'{name}' must be a whole number from 1")),
            },
        };
        let (session, request, times) = (count("session")?, count("request")?, count("times")?);
        let fault: Fault =
            serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())?;
        let number = match (fault.is_of_tokens(), session, request) {
            (true, None, number) | (false, number, None) => number,
            (true, Some(_), _) => return Err("a token fault counts by 'request'".to_owned()),
            (false, _, Some(_)) => return Err("a session fault counts by 'session'".to_owned()),
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
    pub(super) fn is_of_tokens(&self) -> bool {
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
            // 1005 and 1006 are for endpoints to say that there was no code: never on the wire.
            Self::Refuse { code, .. }
            | Self::Close { code, .. }
            | Self::CloseOnTerminate { code, .. }
                if !(1000..=4999).contains(code) || [1004, 1005, 1006, 1015].contains(code) =>
            {
                Err("'code' must be a close code that may be sent".to_owned())
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
            _ => Ok(()),
        }
    }
}

/// Tells `null`, which is JSON like any other, from a field that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
