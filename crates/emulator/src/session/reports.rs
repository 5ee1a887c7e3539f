//! What a session says of its turns: in which messages, and when each is due.

use std::time::Duration;

use inturn_protocol::{ConnectionParameters, Family, ServerMessage};

use super::outbox::{Outbox, Outgoing};
use crate::delays::Delays;
use crate::faults::SessionFaults;
use crate::forms::{FormSettings, FormattedForm, Forms};
use crate::turns::TurnEvent;

/// The messages about one session's turns, from the events that bring them until they are due.
pub(super) struct Reports {
    family: Family,
    forms: Forms,
    outbox: Outbox,
    /// When `Terminate` was obeyed, and whether it ended a turn.
    finished: Option<Finished>,
    revised_at_end: bool,
}

/// The end of the audio.
#[derive(Clone, Copy)]
struct Finished {
    at: Duration,
    ended_turn: bool,
}

impl Reports {
    pub(super) fn new(
        parameters: &ConnectionParameters,
        family: Family,
        form: FormattedForm,
        faults: &SessionFaults,
    ) -> Self {
        let forms = Forms::new(FormSettings {
            family,
            format_turns: parameters.format_turns == Some(true),
            form,
            partials: parameters
                .include_partial_turns
                .unwrap_or(parameters.redact_pii != Some(true)),
            speaker_labels: parameters.speaker_labels == Some(true),
            max_speakers: parameters.max_speakers,
            revision_interval_ms: parameters.speaker_labels_revision_interval_ms,
            report_language: reports_language(parameters),
            late_formatted_end: faults.late_formatted_end,
            empty_final: faults.empty_final,
        });
        Self {
            family,
            forms,
            outbox: Outbox::default(),
            finished: None,
            revised_at_end: false,
        }
    }

    pub(super) fn set_format_turns(&mut self, format_turns: bool) {
        self.forms.set_format_turns(format_turns);
    }

    /// `Terminate` is obeyed: no more audio will come.
    pub(super) fn finish(&mut self, now: Duration) {
        self.finished = Some(Finished {
            at: now,
            ended_turn: false,
        });
    }

    /// Words an event and puts the messages into the outbox.
    pub(super) fn push(&mut self, event: TurnEvent, now: Duration, delays: &Delays) {
        let ended = matches!(event, TurnEvent::End { .. });
        let flushed = event == TurnEvent::Flushed;
        let termination_at = self.termination_at(now, delays);
        let mut at = now
            + match (&event, self.family) {
                (TurnEvent::End { forced: true, .. }, _) => delays.forced_end,
                (TurnEvent::Flushed, _) => Duration::ZERO,
                (_, Family::Universal3) => delays.words_universal_3,
                (_, Family::UniversalStreaming) => delays.words_universal_streaming,
            };
        if matches!(event, TurnEvent::End { forced: true, .. }) {
            // What is under way comes before this end, so it comes by then.
            self.outbox.hurry(at);
            if let Some(finished) = &mut self.finished {
                finished.ended_turn = true;
            }
        }
        let mut ends = 0;
        for message in self.forms.tell(event) {
            match message {
                ServerMessage::SpeakerRevision(_) if flushed => {
                    self.revised_at_end = true;
                    at = termination_at;
                }
                // The second end of the classic form.
                ServerMessage::Turn(_) if ended => {
                    if ends > 0 {
                        at += delays.formatted_end;
                    }
                    ends += 1;
                }
                _ => {}
            }
            self.outbox.push(at, Outgoing::Message(Box::new(message)));
        }
    }

    /// Puts `Termination` into the outbox.
    pub(super) fn push_termination(&mut self, now: Duration, delays: &Delays) {
        let mut at = self.termination_at(now, delays);
        if self.revised_at_end {
            at += delays.revision;
        }
        self.outbox.push(at, Outgoing::Termination);
    }

    /// When the next message is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.outbox.next_due()
    }

    /// The next message, if it is due.
    pub(super) fn pop(&mut self, now: Duration) -> Option<Outgoing> {
        self.outbox.pop(now)
    }

    fn termination_at(&self, now: Duration, delays: &Delays) -> Duration {
        match self.finished {
            Some(finished) if finished.ended_turn => finished.at + delays.termination_after_turn,
            Some(finished) => finished.at + delays.termination,
            None => now,
        }
    }
}

/// Whether ended turns say which language they are in.
fn reports_language(parameters: &ConnectionParameters) -> bool {
    match parameters.model().as_str() {
        // Measured: without being asked.
        "whisper-rt" => true,
        // It knows one language.
        "universal-streaming-english" => false,
        _ => parameters.language_detection == Some(true),
    }
}
