//! The turns of a transcript.

use serde::{Deserialize, Serialize};

use crate::{session::SessionEnd, words::Words};

/// The id of a turn within a recording.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct TurnId {
    /// The session's [number](crate::Session::number).
    pub session: u32,
    /// The service's `turn_order`, from 0 in each session.
    pub turn: u32,
}

/// The state of a turn. It only moves down this list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TurnState {
    /// The turn may still change.
    #[default]
    Open,
    /// The session broke off. The text is kept and may lack words.
    Unfinished,
    /// The turn has ended with raw text. A formatted copy may still replace it.
    Raw,
    /// The turn has ended and does not change any more.
    Formatted,
}

/// A turn: one utterance, as far as it is transcribed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The id.
    pub id: TurnId,
    /// The state.
    pub state: TurnState,
    /// Start, in milliseconds of the timeline.
    pub start_ms: u32,
    /// The words with their times.
    pub words: Words,
    /// Number of leading words to show as firm, while the turn is open. Later 0. The service may
    /// still change one of them if it reports no word of a partial as final.
    pub firm_words: u32,
    /// The text, if it is not the words joined by spaces.
    pub text: Option<String>,
    /// The service's label of the speaker.
    pub speaker: Option<String>,
    /// The language that the service reported last.
    pub language: Option<String>,
}

impl Turn {
    /// Creates an open turn without words.
    pub fn new(id: TurnId) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_else(|| self.words.text())
    }

    /// Returns the text that will not change any more: a part of it while the turn is open, all of
    /// it afterwards.
    pub fn firm(&self) -> &str {
        self.parts().0
    }

    /// Returns the text that may still change.
    pub fn tentative(&self) -> &str {
        self.parts().1
    }

    /// Returns the end of the last word, in milliseconds of the timeline.
    pub fn end_ms(&self) -> u32 {
        self.words.end_ms().unwrap_or(self.start_ms)
    }

    /// Returns the service's labels of the turn and of its words. A label can come several times.
    pub fn speakers(&self) -> impl Iterator<Item = &str> {
        self.speaker
            .as_deref()
            .into_iter()
            .chain(self.words.speakers())
    }

    /// Returns `true` if the turn is not open.
    pub fn has_ended(&self) -> bool {
        self.state != TurnState::Open
    }

    /// Returns the turn without the words whose midpoint is not `owned`. Its text is then that of
    /// the remaining words. Returns `None` if all words are owned. A turn without words counts as
    /// one word at its start.
    pub(crate) fn trimmed(&self, owned: impl Fn(u32) -> bool) -> Option<Self> {
        let is_owned = if self.words.is_empty() {
            owned(self.start_ms)
        } else {
            self.words.midpoints_ms().all(&owned)
        };
        if is_owned {
            return None;
        }
        let mut words = Words::with_capacity(self.words.len(), self.words.text().len());
        let mut firm_words = 0;
        for (index, word) in self.words.iter().enumerate() {
            if owned(word.midpoint_ms()) {
                words.push(word);
                firm_words += u32::from(index < self.firm_words as usize);
            }
        }
        Some(Self {
            start_ms: words.start_ms().unwrap_or(self.start_ms),
            words,
            firm_words,
            text: None,
            ..self.clone()
        })
    }

    /// Closes an open turn whose session has ended.
    pub(crate) fn close(&mut self, end: SessionEnd) {
        if self.state == TurnState::Open {
            self.firm_words = 0;
            self.state = match end {
                SessionEnd::Clean => TurnState::Raw,
                SessionEnd::BrokenOff => TurnState::Unfinished,
            };
        }
    }

    fn parts(&self) -> (&str, &str) {
        match (self.state, &self.text) {
            (TurnState::Open, Some(text)) => self.words.split_of(text, self.firm_words as usize),
            (TurnState::Open, None) => self.words.split(self.firm_words as usize),
            (_, _) => (self.text(), ""),
        }
    }
}
