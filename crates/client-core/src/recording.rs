//! A recording that a person starts and stops, with its timeline and its transcript.
//!
//! The timeline counts milliseconds of audio since the first captured sample. One or more sessions
//! transcribe a recording, one after another or at the same time. Each covers a [`Span`] of the
//! timeline, which converts the service's times to times of the recording.

mod captured;
mod from_message;
mod lost;
mod span;

use std::ops::Range;

pub use captured::Captured;
use inturn_protocol::{Family, Turn, TurnRevision, Word};
use inturn_transcript::{Change, Gap, Session, SessionEnd, Transcript};
pub use inturn_transcript::{RecordingId, RecordingInfo};
pub use span::Span;
pub(crate) use span::ms;

/// A recording: how much was captured, its sessions, and its transcript.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    info: RecordingInfo,
    captured: Captured,
    sessions: Vec<Source>,
    transcript: Transcript,
}

/// A session, and how to interpret its messages.
#[derive(Clone, Debug)]
struct Source {
    number: u32,
    span: Span,
    family: Family,
    has_ended: bool,
}

impl Recording {
    /// Creates an empty recording from a device that runs at `rate_hz`.
    pub fn new(info: RecordingInfo, rate_hz: u32) -> Self {
        Self {
            info,
            captured: Captured::new(0, rate_hz),
            ..Self::default()
        }
    }

    /// Returns the id and the start time.
    pub fn info(&self) -> RecordingInfo {
        self.info
    }

    /// Returns the transcript so far.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Returns how much was captured so far.
    pub fn captured(&self) -> Captured {
        self.captured
    }

    /// Goes on with a microphone that runs at `rate_hz`. The timeline has `samples` samples at the
    /// service's rate so far.
    pub(crate) fn continue_at(&mut self, samples: u64, rate_hz: u32) {
        self.captured = Captured::new(samples, rate_hz);
    }

    /// Adds captured frames.
    pub(crate) fn capture(&mut self, frames: usize) {
        self.captured.add(frames);
    }

    /// Begins session `number`, which transcribes `span`. The number must be new in this recording.
    pub fn begin_session(&mut self, number: u32, span: Span, family: Family) -> Change {
        let session = Session {
            number,
            start_ms: span.start_ms(),
            end_ms: span.end_ms(),
        };
        self.sessions.push(Source {
            number,
            span,
            family,
            has_ended: false,
        });
        self.change(Change::SessionBegan(session))
    }

    /// Updates the parts that session `number` leaves out.
    pub(crate) fn update_span(&mut self, number: u32, span: &Span) {
        let mut sessions = self.sessions.iter_mut();
        if let Some(source) = sessions.find(|it| it.number == number)
            && source.span.left_out() != span.left_out()
        {
            source.span = span.clone();
        }
    }

    /// Marks a part of the timeline as not transcribed. Returns `None` if that is already known.
    pub(crate) fn mark_gap(&mut self, gap: Gap) -> Option<Change> {
        let change = Change::Gap(gap);
        let has_changed = !self.transcript.apply(&change).is_empty();
        has_changed.then_some(change)
    }

    /// Marks a part of the timeline, in milliseconds, that no session will transcribe. Returns the
    /// changes.
    pub(crate) fn mark_lost(&mut self, part: Range<u32>) -> Vec<Change> {
        let mut changes = lost::changes(&self.transcript, part);
        changes.retain(|change| !self.transcript.apply(change).is_empty());
        changes
    }

    /// Applies a turn message of session `number`. Returns the change of the transcript, or `None`
    /// if the transcript stays the same: a late or repeated message never makes a turn worse.
    pub fn take_turn(&mut self, number: u32, message: &Turn) -> Option<Change> {
        let source = self.source(number)?;
        let turn = from_message::turn(
            &self.transcript,
            number,
            &source.span,
            source.family,
            message,
        )?;
        let change = Change::Turn(turn);
        let has_changed = !self.transcript.apply(&change).is_empty();
        has_changed.then_some(change)
    }

    /// Applies new speaker labels for a turn of session `number`. Returns the change of the
    /// transcript, or `None` if the labels stay the same.
    pub fn revise_speakers(&mut self, number: u32, revision: &TurnRevision) -> Option<Change> {
        let span = &self.source(number)?.span;
        let change = Change::Speakers(from_message::speakers(number, span, revision));
        let has_changed = !self.transcript.apply(&change).is_empty();
        has_changed.then_some(change)
    }

    /// Ends session `number`. Returns `None` if it has already ended.
    pub fn end_session(&mut self, number: u32, end: SessionEnd) -> Option<Change> {
        let mut sessions = self.sessions.iter_mut();
        let source = sessions.find(|it| it.number == number)?;
        if std::mem::replace(&mut source.has_ended, true) {
            return None;
        }
        Some(self.change(Change::SessionEnded {
            session: number,
            end,
        }))
    }

    /// Returns the end of the last final word of `message` from session `number`, in samples of the
    /// timeline at the service's rate. The words up to there are settled.
    pub(crate) fn settled_until(&self, number: u32, message: &Turn) -> Option<u64> {
        let is_settled = |word: &&Word| word.word_is_final || message.end_of_turn;
        let ends = message.words.iter().filter(is_settled).map(|word| word.end);
        Some(self.source(number)?.span.timeline_sample(ends.max()?))
    }

    /// Returns the end of the last word of `message`, final or not, in samples of the timeline.
    pub(crate) fn reported_until(&self, number: u32, message: &Turn) -> Option<u64> {
        let ends = message.words.iter().map(|word| word.end);
        Some(self.source(number)?.span.timeline_sample(ends.max()?))
    }

    fn source(&self, number: u32) -> Option<&Source> {
        let mut sessions = self.sessions.iter();
        sessions.find(|it| it.number == number)
    }

    fn change(&mut self, change: Change) -> Change {
        self.transcript.apply(&change);
        change
    }
}
