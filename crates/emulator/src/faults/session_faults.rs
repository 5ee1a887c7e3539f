//! The faults of one session.

use super::{alterations::Alterations, fault::Fault, message_kind::MessageDrop};
use crate::refusal::Refusal;

/// The faults of one session, sorted by when they take effect.
#[derive(Debug, Default)]
pub(crate) struct SessionFaults {
    pub(crate) refuse: Option<Refusal>,
    pub(crate) begin_delay_ms: Option<u64>,
    pub(crate) no_begin: bool,
    /// Sent instead of `Begin`.
    pub(crate) replace_begin: Option<String>,
    pub(crate) no_turns: bool,
    pub(crate) drops: Vec<MessageDrop>,
    /// Longest duration of the session.
    pub(crate) session_cap_secs: Option<u32>,
    pub(crate) alterations: Alterations,
    /// Number of ended turns after which `turn_order` restarts.
    pub(crate) restart_turn_order: Option<u32>,
    pub(crate) duplicate_final: bool,
    pub(crate) late_final: bool,
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
    StallReading { ms: u64 },
    DeadConnection { secs: Option<u32> },
    DelayMessages { ms: u64 },
    StopHeartbeats,
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
            Fault::StallReading { after_audio_ms, ms } => {
                self.timed
                    .push((after_audio_ms, TimedFault::StallReading { ms }));
            }
            Fault::DeadConnection {
                after_audio_ms,
                seconds: secs,
            } => {
                self.timed
                    .push((after_audio_ms, TimedFault::DeadConnection { secs }));
            }
            Fault::DelayMessages { after_audio_ms, ms } => {
                self.timed
                    .push((after_audio_ms, TimedFault::DelayMessages { ms }));
            }
            Fault::StopHeartbeats { after_audio_ms } => {
                self.timed
                    .push((after_audio_ms, TimedFault::StopHeartbeats));
            }
            Fault::DropMessages {
                message: kind,
                after_audio_ms,
                count: remaining,
            } => self.drops.push(MessageDrop {
                kind,
                after_audio_ms,
                remaining,
            }),
            Fault::SessionCap { seconds } => self.session_cap_secs = Some(seconds),
            Fault::ExtraFields {} => self.alterations.extra_fields = true,
            Fault::FractionalNumbers {} => self.alterations.fractional_numbers = true,
            Fault::RestartTurnOrder { after_turns } => {
                self.restart_turn_order = Some(after_turns);
            }
            Fault::DuplicateFinal {} => self.duplicate_final = true,
            Fault::LateFinal {} => self.late_final = true,
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
    use crate::faults::Faults;

    #[test]
    fn timed_faults_are_ordered_by_audio_then_by_list() {
        let json = r#"[
            {"fault": "cut", "after_audio_ms": 500},
            {"fault": "unknown_message", "after_audio_ms": 100},
            {"fault": "malformed_message", "after_audio_ms": 100}]"#;
        let rules = Faults::from_json(json).expect("a valid list").rules;
        let mut faults = SessionFaults::new(rules.into_iter().map(|rule| rule.fault).collect());
        assert_eq!(faults.next_timed(99), None);
        assert_eq!(faults.next_timed(100), Some(TimedFault::UnknownMessage));
        assert_eq!(faults.next_timed(100), Some(TimedFault::MalformedMessage));
        assert_eq!(faults.next_timed(100), None);
        assert_eq!(faults.next_timed(600), Some(TimedFault::Cut));
    }
}
