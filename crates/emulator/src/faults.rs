//! Faults as data: what should go wrong, and for whom.
//!
//! The JSON form is described, fault by fault, in the crate's README.

use std::path::Path;
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::Value;

use crate::refusal::Refusal;
use crate::session_log::locked;

/// Rules that make an emulator fail. Empty by default: nothing fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    rules: Vec<Rule>,
}

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

/// Why a list of faults cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// The file cannot be read.
    #[error("the faults file {path} cannot be read: {source}")]
    Unreadable {
        /// Its path.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Not JSON.
    #[error("the faults are no JSON: {0}")]
    NotJson(serde_json::Error),
    /// Not a list.
    #[error("the faults must be a JSON list of objects")]
    NotAList,
    /// One of them is wrong.
    #[error("fault {number} of the list is wrong: {why}")]
    Wrong {
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl Faults {
    /// No faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// When it is no list of known faults; the sentence names the one that is wrong.
    pub fn from_json(text: &str) -> Result<Self, FaultsError> {
        let value: Value = serde_json::from_str(text).map_err(FaultsError::NotJson)?;
        let Value::Array(items) = value else {
            return Err(FaultsError::NotAList);
        };
        let rules = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                Rule::from_value(item).map_err(|why| FaultsError::Wrong {
                    number: index + 1,
                    why,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// Reads a file in the JSON form.
    ///
    /// # Errors
    /// As [`Self::from_json`], and when the file cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, FaultsError> {
        let text = std::fs::read_to_string(path).map_err(|source| FaultsError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        Self::from_json(&text)
    }
}

impl From<Vec<Rule>> for Faults {
    fn from(rules: Vec<Rule>) -> Self {
        Self { rules }
    }
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
    fn from_value(value: Value) -> Result<Self, String> {
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
    fn is_of_tokens(&self) -> bool {
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
            _ => Ok(()),
        }
    }
}

/// The faults in force, and how far they have been counted.
pub(crate) struct FaultBook {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    sessions: u64,
    requests: u64,
}

impl FaultBook {
    pub(crate) fn new(faults: Faults) -> Self {
        let state = State {
            rules: faults.rules,
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
        }
    }

    pub(crate) fn set(&self, faults: Faults) {
        *locked(&self.state) = State {
            rules: faults.rules,
            ..State::default()
        };
    }

    /// The fault of the next token request, if it has one.
    pub(crate) fn next_request(&self) -> Option<Fault> {
        let mut state = locked(&self.state);
        state.requests += 1;
        let number = state.requests;
        state.take(number, true).into_iter().next()
    }

    /// The number of the next session, and its faults.
    pub(crate) fn next_session(&self) -> (u64, Vec<Fault>) {
        let mut state = locked(&self.state);
        state.sessions += 1;
        let number = state.sessions;
        (number, state.take(number, false))
    }
}

impl State {
    fn take(&mut self, number: u64, of_tokens: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        for rule in &mut self.rules {
            let meant = rule.fault.is_of_tokens() == of_tokens
                && rule.number.is_none_or(|only| only == number)
                && rule.times != Some(0);
            if meant {
                rule.times = rule.times.map(|times| times - 1);
                faults.push(rule.fault.clone());
            }
        }
        faults
    }
}

/// The faults of one session, sorted by when they bite.
#[derive(Debug, Default)]
pub(crate) struct SessionFaults {
    pub(crate) refuse: Option<Refusal>,
    pub(crate) begin_delay_ms: Option<u64>,
    pub(crate) no_begin: bool,
    pub(crate) extra_fields: bool,
    pub(crate) late_formatted_end: bool,
    pub(crate) empty_final: bool,
    pub(crate) hold_final_ms: u64,
    pub(crate) no_termination: bool,
    pub(crate) no_close: bool,
    pub(crate) close_on_terminate: Option<Refusal>,
    /// What happens in mid-session, the next one last.
    cues: Vec<(u64, Cue)>,
}

/// Something that happens after so much audio.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cue {
    Close(Refusal),
    Cut,
    Silent,
    UnknownMessage,
    MalformedMessage,
    Warning { code: u32, text: String },
}

impl SessionFaults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        let mut sorted = Self::default();
        for fault in faults {
            sorted.add(fault);
        }
        // Those of the same moment keep the order of the list.
        sorted.cues.reverse();
        sorted
            .cues
            .sort_by_key(|(after_ms, _)| std::cmp::Reverse(*after_ms));
        sorted
    }

    /// The next thing that is due once this much audio has come.
    pub(crate) fn next_cue(&mut self, audio_ms: u64) -> Option<Cue> {
        self.cues
            .pop_if(|(after_ms, _)| *after_ms <= audio_ms)
            .map(|(_, cue)| cue)
    }

    fn add(&mut self, fault: Fault) {
        match fault {
            Fault::Refuse { code, text } => self.refuse = Some(Refusal { code, text }),
            Fault::SlowBegin { ms } => self.begin_delay_ms = Some(ms),
            Fault::NoBegin {} => self.no_begin = true,
            Fault::ExtraFields {} => self.extra_fields = true,
            Fault::LateFormattedEnd {} => self.late_formatted_end = true,
            Fault::EmptyFinal {} => self.empty_final = true,
            Fault::HoldFinal { ms } => self.hold_final_ms = ms,
            Fault::NoTermination {} => self.no_termination = true,
            Fault::NoClose {} => self.no_close = true,
            Fault::CloseOnTerminate { code, text } => {
                self.close_on_terminate = Some(Refusal { code, text });
            }
            Fault::Close {
                after_audio_ms,
                code,
                text,
            } => {
                self.cues
                    .push((after_audio_ms, Cue::Close(Refusal { code, text })));
            }
            Fault::Cut { after_audio_ms } => self.cues.push((after_audio_ms, Cue::Cut)),
            Fault::Silent { after_audio_ms } => self.cues.push((after_audio_ms, Cue::Silent)),
            Fault::UnknownMessage { after_audio_ms } => {
                self.cues.push((after_audio_ms, Cue::UnknownMessage));
            }
            Fault::MalformedMessage { after_audio_ms } => {
                self.cues.push((after_audio_ms, Cue::MalformedMessage));
            }
            Fault::Warning {
                after_audio_ms,
                warning_code,
                warning,
            } => {
                let cue = Cue::Warning {
                    code: warning_code,
                    text: warning,
                };
                self.cues.push((after_audio_ms, cue));
            }
            // These bite before there is a session.
            Fault::RefuseUpgrade { .. }
            | Fault::TokenStatus { .. }
            | Fault::TokenNotJson {}
            | Fault::TokenMissing {}
            | Fault::TokenHang {} => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(json: &str) -> String {
        Faults::from_json(json).expect_err("a bad list").to_string()
    }

    #[test]
    fn a_bad_list_is_told_what_is_wrong_with_it() {
        assert!(why("{").starts_with("the faults are no JSON"));
        assert_eq!(why("{}"), "the faults must be a JSON list of objects");
        let unknown = why(r#"[{"fault": "no_begin"}, {"fault": "meteor"}]"#);
        assert!(
            unknown.starts_with("fault 2 of the list is wrong: unknown variant `meteor`"),
            "{unknown}"
        );
        assert!(why(r#"[{"fault": "slow_begin"}]"#).contains("missing field `ms`"));
        assert!(why(r#"[{"fault": "no_begin", "mx": 1}]"#).contains("unknown field `mx`"));
        assert!(why(r#"[{"fault": "no_begin", "times": 0}]"#).contains("'times' must be"));
        assert!(why(r#"[{"fault": "no_begin", "request": 1}]"#).contains("counts by 'session'"));
        assert!(why(r#"[{"fault": "token_hang", "session": 1}]"#).contains("counts by 'request'"));
        assert!(
            why(r#"[{"fault": "close", "after_audio_ms": 0, "code": 1006}]"#).contains("'code'")
        );
        assert!(why(r#"[{"fault": "refuse_upgrade", "status": 200}]"#).contains("'status'"));
    }

    #[test]
    fn faults_end_after_their_times() {
        let json = r#"[{"fault": "no_begin", "times": 2}, {"fault": "cut", "after_audio_ms": 5, "session": 2}]"#;
        let book = FaultBook::new(Faults::from_json(json).expect("a good list"));
        let counts: Vec<usize> = (0..3).map(|_| book.next_session().1.len()).collect();
        assert_eq!(counts, [1, 2, 0]);
    }

    #[test]
    fn cues_come_in_the_order_of_audio_then_of_the_list() {
        let json = r#"[
            {"fault": "cut", "after_audio_ms": 500},
            {"fault": "unknown_message", "after_audio_ms": 100},
            {"fault": "malformed_message", "after_audio_ms": 100}]"#;
        let book = FaultBook::new(Faults::from_json(json).expect("a good list"));
        let mut faults = SessionFaults::new(book.next_session().1);
        assert_eq!(faults.next_cue(99), None);
        assert_eq!(faults.next_cue(100), Some(Cue::UnknownMessage));
        assert_eq!(faults.next_cue(100), Some(Cue::MalformedMessage));
        assert_eq!(faults.next_cue(100), None);
        assert_eq!(faults.next_cue(600), Some(Cue::Cut));
    }
}
