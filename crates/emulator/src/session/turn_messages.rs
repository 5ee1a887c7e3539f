//! Messages about a session's turns: encodes turn events and schedules when each message is sent.

use std::time::Duration;

use inturn_protocol::{ConnectionParameters, Family, ServerMessage};

use super::outbox::{Outbox, Outgoing};
use crate::{
    delays::Delays,
    faults::SessionFaults,
    turn_encoder::{EncoderSettings, FormattedForm, TurnEncoder},
    turns::TurnEvent,
};

/// Encodes the turn events of one session and queues the messages until they are due.
pub(super) struct TurnMessages {
    family: Family,
    encoder: TurnEncoder,
    outbox: Outbox,
    /// Set when `Terminate` has been handled.
    finished: Option<Finished>,
    /// Whether the session ended with a `SpeakerRevision`.
    revised_at_end: bool,
}

/// The end of the audio, by `Terminate`.
#[derive(Clone, Copy)]
struct Finished {
    at: Duration,
    /// Whether it ended an open turn.
    ended_turn: bool,
}

impl TurnMessages {
    pub(super) fn new(
        parameters: &ConnectionParameters,
        family: Family,
        form: FormattedForm,
        faults: &SessionFaults,
    ) -> Self {
        let encoder = TurnEncoder::new(EncoderSettings {
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
            restart_turn_order: faults.restart_turn_order,
            duplicate_final: faults.duplicate_final,
            late_final: faults.late_final,
            late_formatted_end: faults.late_formatted_end,
            empty_final: faults.empty_final,
        });
        Self {
            family,
            encoder,
            outbox: Outbox::default(),
            finished: None,
            revised_at_end: false,
        }
    }

    pub(super) fn set_format_turns(&mut self, format_turns: bool) {
        self.encoder.set_format_turns(format_turns);
    }

    /// Handles `Terminate`: no more audio follows.
    pub(super) fn finish(&mut self, now: Duration) {
        self.finished = Some(Finished {
            at: now,
            ended_turn: false,
        });
    }

    /// Encodes an event and queues its messages.
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
            // Queued messages belong before this end, so they are due with it at the latest.
            self.outbox.expedite(at);
            if let Some(finished) = &mut self.finished {
                finished.ended_turn = true;
            }
        }
        let mut ends = 0;
        for message in self.encoder.encode(event) {
            match message {
                ServerMessage::SpeakerRevision(_) if flushed => {
                    self.revised_at_end = true;
                    at = termination_at;
                }
                // In the classic form, the second end of a turn is the formatted one.
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

    /// Queues `Termination`.
    pub(super) fn push_termination(&mut self, now: Duration, delays: &Delays) {
        let mut at = self.termination_at(now, delays);
        if self.revised_at_end {
            at += delays.revision;
        }
        self.outbox.push(at, Outgoing::Termination);
    }

    /// Returns the time when the next message is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.outbox.next_due()
    }

    /// Removes and returns the next message, if it is due.
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

/// Whether ended turns carry their language.
fn reports_language(parameters: &ConnectionParameters) -> bool {
    match parameters.model().as_str() {
        // Measured: it reports the language without `language_detection`.
        "whisper-rt" => true,
        // It supports only one language.
        "universal-streaming-english" => false,
        _ => parameters.language_detection == Some(true),
    }
}
