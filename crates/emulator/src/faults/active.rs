//! The active faults: counts their uses and selects those of each session.

use std::sync::Mutex;

use super::{
    fault::{Fault, Rule},
    list::Faults,
};
use crate::{refusal::Refusal, session_log::lock};

/// The active faults, with the numbers of sessions and token requests so far.
pub(crate) struct ActiveFaults {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    sessions: u64,
    requests: u64,
}

impl ActiveFaults {
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
        *lock(&self.state) = State {
            rules: faults.rules,
            ..State::default()
        };
    }

    /// Counts a token request and returns its fault, if it has one.
    pub(crate) fn next_request(&self) -> Option<Fault> {
        let mut state = lock(&self.state);
        state.requests += 1;
        let number = state.requests;
        state.take(number, true).into_iter().next()
    }

    /// Counts a session. Returns its number and its faults.
    pub(crate) fn next_session(&self) -> (u64, Vec<Fault>) {
        let mut state = lock(&self.state);
        state.sessions += 1;
        let number = state.sessions;
        (number, state.take(number, false))
    }
}

impl State {
    /// Returns the faults of request or session `number`, and counts their uses.
    fn take(&mut self, number: u64, for_tokens: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        for rule in &mut self.rules {
            let applies = rule.fault.is_token_fault() == for_tokens
                && rule.number.is_none_or(|only| only == number)
                && rule.times != Some(0);
            if applies {
                rule.times = rule.times.map(|times| times - 1);
                faults.push(rule.fault.clone());
            }
        }
        faults
    }
}

/// The faults of one session, sorted by when they take effect.
#[derive(Debug, Default)]
pub(crate) struct SessionFaults {
    pub(crate) refuse: Option<Refusal>,
    pub(crate) begin_delay_ms: Option<u64>,
    pub(crate) no_begin: bool,
    /// Sent instead of `Begin`.
    pub(crate) replace_begin: Option<String>,
    pub(crate) no_turns: bool,
    pub(crate) extra_fields: bool,
    pub(crate) late_formatted_end: bool,
    pub(crate) empty_final: bool,
    pub(crate) hold_final_ms: u64,
    pub(crate) no_termination: bool,
    pub(crate) no_close: bool,
    pub(crate) close_on_terminate: Option<Refusal>,
    /// Faults in mid-session, with their positions in milliseconds of audio. The next one is last.
    timed: Vec<(u64, TimedFault)>,
}

/// A fault that takes effect after a given amount of audio.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TimedFault {
    Close(Refusal),
    Cut,
    Silent,
    UnknownMessage,
    MalformedMessage,
    Warning { code: u32, text: String },
    Send(RawFrame),
}

/// A frame that is sent unchanged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RawFrame {
    Text(String),
    Bytes(Vec<u8>),
}

impl SessionFaults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        let mut sorted = Self::default();
        for fault in faults {
            sorted.add(fault);
        }
        // Faults at the same position keep the order of the list.
        sorted.timed.reverse();
        sorted
            .timed
            .sort_by_key(|(after_ms, _)| std::cmp::Reverse(*after_ms));
        sorted
    }

    /// Removes and returns the next fault that is due after this much audio.
    pub(crate) fn next_timed(&mut self, audio_ms: u64) -> Option<TimedFault> {
        self.timed
            .pop_if(|(after_ms, _)| *after_ms <= audio_ms)
            .map(|(_, fault)| fault)
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
                let frame = text.map(RawFrame::Text).or(bytes.map(RawFrame::Bytes));
                self.timed
                    .extend(frame.map(|frame| (after_audio_ms, TimedFault::Send(frame))));
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
                self.timed
                    .push((after_audio_ms, TimedFault::Close(Refusal { code, text })));
            }
            Fault::Cut { after_audio_ms } => self.timed.push((after_audio_ms, TimedFault::Cut)),
            Fault::Silent { after_audio_ms } => {
                self.timed.push((after_audio_ms, TimedFault::Silent))
            }
            Fault::UnknownMessage { after_audio_ms } => {
                self.timed
                    .push((after_audio_ms, TimedFault::UnknownMessage));
            }
            Fault::MalformedMessage { after_audio_ms } => {
                self.timed
                    .push((after_audio_ms, TimedFault::MalformedMessage));
            }
            Fault::Warning {
                after_audio_ms,
                warning_code,
                warning,
            } => {
                let warning = TimedFault::Warning {
                    code: warning_code,
                    text: warning,
                };
                self.timed.push((after_audio_ms, warning));
            }
            // These take effect before a session is open.
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
    fn faults_are_used_up_after_their_times() {
        let json = r#"[
            {"fault": "no_begin", "times": 2},
            {"fault": "cut", "after_audio_ms": 5, "session": 2}]"#;
        let active = ActiveFaults::new(Faults::from_json(json).expect("a valid list"));
        let counts: Vec<usize> = (0..3).map(|_| active.next_session().1.len()).collect();
        assert_eq!(counts, [1, 2, 0]);
    }

    #[test]
    fn timed_faults_are_ordered_by_audio_then_by_list() {
        let json = r#"[
            {"fault": "cut", "after_audio_ms": 500},
            {"fault": "unknown_message", "after_audio_ms": 100},
            {"fault": "malformed_message", "after_audio_ms": 100}]"#;
        let active = ActiveFaults::new(Faults::from_json(json).expect("a valid list"));
        let mut faults = SessionFaults::new(active.next_session().1);
        assert_eq!(faults.next_timed(99), None);
        assert_eq!(faults.next_timed(100), Some(TimedFault::UnknownMessage));
        assert_eq!(faults.next_timed(100), Some(TimedFault::MalformedMessage));
        assert_eq!(faults.next_timed(100), None);
        assert_eq!(faults.next_timed(600), Some(TimedFault::Cut));
    }
}
