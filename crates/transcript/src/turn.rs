//! What was said in one go.

use serde::{Deserialize, Serialize};

use crate::session::SessionEnd;
use crate::words::Words;

/// Identifies a turn of a recording.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct TurnId {
    /// [`Session::number`](crate::Session::number).
    pub session: u32,
    /// The service's `turn_order`, from 0 in each session.
    pub turn: u32,
}

/// How settled a turn is. It only ever moves down this list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TurnState {
    /// More may come.
    #[default]
    Open,
    /// The session broke off. The text stands as it was and may lack words.
    Unfinished,
    /// Ended, as raw text. A formatted copy may still replace it.
    Raw,
    /// Ended for good.
    Formatted,
}

/// A turn: an utterance, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What identifies it.
    pub id: TurnId,
    /// How settled it is.
    pub state: TurnState,
    /// Where it begins, in milliseconds of the timeline.
    pub start_ms: u32,
    /// Its words, with their times.
    pub words: Words,
    /// While the turn is open: how many of its words, from the first, will not change any more. 0
    /// afterwards.
    pub firm_words: u32,
    /// The text, where it is not its words joined by spaces.
    pub text: Option<String>,
    /// Who spoke, as the service labels speakers.
    pub speaker: Option<String>,
    /// The language, as the service reported it last.
    pub language: Option<String>,
}

impl Turn {
    /// An open turn without words.
    pub fn new(id: TurnId) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_else(|| self.words.text())
    }

    /// The text that will not change any more while the turn is open; all of it afterwards.
    pub fn firm(&self) -> &str {
        self.parts().0
    }

    /// The text that may still change.
    pub fn tentative(&self) -> &str {
        self.parts().1
    }

    /// Where the last word ends, in milliseconds of the timeline.
    pub fn end_ms(&self) -> u32 {
        self.words.end_ms().unwrap_or(self.start_ms)
    }

    /// Returns `true` if no more is expected.
    pub fn has_ended(&self) -> bool {
        self.state != TurnState::Open
    }

    /// Closes an open turn of a session that has ended.
    pub(crate) fn settle(&mut self, end: SessionEnd) {
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
            (TurnState::Open, Some(text)) => ("", text),
            (TurnState::Open, None) => self.words.split(self.firm_words as usize),
            (_, _) => (self.text(), ""),
        }
    }
}
