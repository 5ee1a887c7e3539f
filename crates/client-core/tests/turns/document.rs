//! A recording that gets messages, and messages for it.

use inturn_client_core::recording::{Recording, RecordingInfo, Span};
use inturn_protocol::{Family, Turn as Message, Word};
use inturn_transcript::{Change, SessionEnd, Turn, TurnId, TurnState};

pub(crate) const US: Family = Family::UniversalStreaming;
pub(crate) const U3: Family = Family::Universal3;

/// Returns a message with the words of `text`, of which the first `settled` are final. As on the
/// wire, `transcript` holds only those in the Universal-Streaming family, and all words in the
/// Universal-3 family.
pub(crate) fn message(family: Family, turn: u32, text: &str, settled: usize) -> Message {
    let texts: Vec<_> = text.split_whitespace().collect();
    let words = texts.iter().enumerate().map(|(index, text)| Word {
        text: (*text).to_owned(),
        start: u64::from(turn) * 60_000 + index as u64 * 200,
        word_is_final: index < settled,
        ..Word::default()
    });
    Message {
        turn_order: turn,
        transcript: match family {
            Family::UniversalStreaming => texts[..settled].join(" "),
            Family::Universal3 => text.to_owned(),
        },
        words: words.collect(),
        ..Message::default()
    }
}

pub(crate) fn partial(family: Family, turn: u32, text: &str, settled: usize) -> Message {
    message(family, turn, text, settled)
}

pub(crate) fn end(turn: u32, text: &str, formatted: bool) -> Message {
    Message {
        end_of_turn: true,
        turn_is_formatted: formatted,
        ..message(US, turn, text, text.split_whitespace().count())
    }
}

pub(crate) fn key(turn: u32) -> TurnId {
    TurnId { session: 1, turn }
}

/// A recording. Each session begins with its first message, at the start of the timeline.
pub(crate) struct Document {
    pub(crate) recording: Recording,
    sessions: Vec<u32>,
}

/// The effect of a message on its turn.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    None,
    Changed(TurnId),
    Removed(TurnId),
}

impl Document {
    pub(crate) fn new() -> Self {
        Self {
            recording: Recording::new(RecordingInfo::default(), 48_000),
            sessions: Vec::new(),
        }
    }

    pub(crate) fn apply(&mut self, session: u32, family: Family, message: &Message) -> Outcome {
        if !self.sessions.contains(&session) {
            self.sessions.push(session);
            // A day after the one before.
            let first_sample = u64::from(session.saturating_sub(1)) * 86_400 * 16_000;
            let span = Span::from_sample(first_sample);
            self.recording.begin_session(session, span, family);
        }
        match self.recording.take_turn(session, message) {
            None => Outcome::None,
            Some(Change::Turn(turn)) if self.turn(turn.id).is_none() => Outcome::Removed(turn.id),
            Some(Change::Turn(turn)) => Outcome::Changed(turn.id),
            Some(other) => panic!("unexpected change {other:?}"),
        }
    }

    /// Ends a session. Returns the changed turns.
    pub(crate) fn end_session(&mut self, session: u32, clean: bool) -> Vec<TurnId> {
        let before = self.recording.transcript().clone();
        let end = if clean {
            SessionEnd::Clean
        } else {
            SessionEnd::BrokenOff
        };
        self.recording.end_session(session, end);
        let after = self.recording.transcript().turns();
        let changed = after.filter(|turn| before.turn(turn.id) != Some(turn));
        changed.map(|turn| turn.id).collect()
    }

    pub(crate) fn turn(&self, id: TurnId) -> Option<&Turn> {
        self.recording.transcript().turn(id)
    }

    pub(crate) fn turns(&self) -> impl Iterator<Item = (TurnId, &Turn)> {
        let turns = self.recording.transcript().turns();
        turns.map(|turn| (turn.id, turn))
    }
}

/// Returns the turns of `messages` as "firm|tentative" with their state.
pub(crate) fn turns(family: Family, messages: &[Message]) -> Vec<(String, TurnState)> {
    let mut transcript = Document::new();
    for message in messages {
        transcript.apply(1, family, message);
    }
    shown(&transcript)
}

pub(crate) fn shown(transcript: &Document) -> Vec<(String, TurnState)> {
    transcript
        .turns()
        .map(|(_, turn)| (format!("{}|{}", turn.firm(), turn.tentative()), turn.state))
        .collect()
}

/// Applies the message of each step, and asserts the text and the state of the only turn after it.
pub(crate) fn assert_steps(family: Family, steps: &[(Message, &str, TurnState)]) {
    let mut transcript = Document::new();
    for (index, (message, text, state)) in steps.iter().enumerate() {
        transcript.apply(1, family, message);
        let turn = (!text.is_empty()).then(|| ((*text).to_owned(), *state));
        assert_eq!(
            shown(&transcript),
            Vec::from_iter(turn),
            "after step {index}"
        );
    }
}
