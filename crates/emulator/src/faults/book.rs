//! The faults in force: counted, handed out, and sorted for one session.

use std::sync::Mutex;

use super::fault::{Fault, Rule};
use super::list::Faults;
use crate::refusal::Refusal;
use crate::session_log::locked;

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
    /// Sent in place of `Begin`.
    pub(crate) replace_begin: Option<String>,
    pub(crate) no_turns: bool,
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
    Say(Said),
}

/// A frame of a `say`, sent as it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    Text(String),
    Bytes(Vec<u8>),
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
            Fault::ReplaceBegin { send } => self.replace_begin = Some(send.to_string()),
            Fault::NoTurns {} => self.no_turns = true,
            Fault::Say {
                after_audio_ms,
                send,
                text,
                bytes,
            } => {
                let text = text.or_else(|| send.map(|json| json.to_string()));
                let said = text.map(Said::Text).or(bytes.map(Said::Bytes));
                self.cues
                    .extend(said.map(|said| (after_audio_ms, Cue::Say(said))));
            }
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
