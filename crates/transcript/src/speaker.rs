//! Speakers: the service's labels, their revisions, and the names that a person gave.

use serde::{Deserialize, Serialize};

use crate::{
    turn::{Turn, TurnId},
    words::{Word, Words},
};

/// A speaker, as the service labels one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker<'a> {
    /// The label of a voice: a letter.
    Known(&'a str),
    /// The service does not know the speaker yet. A revision may follow until the session ends.
    Unknown,
}

/// New speakers of a turn, from the service. The turn's text and times stay the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TurnSpeakers {
    /// The turn.
    pub turn: TurnId,
    /// The label of the turn.
    pub speaker: Option<String>,
    /// The words with their labels. A word of the turn is found by its times. If there are none,
    /// the words keep the labels that they have.
    pub words: Words,
}

/// A person's name for a speaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeakerName {
    /// The session whose speaker it is: a later session may give the label to another voice.
    /// `None` names the speaker in all sessions of the recording that have no name of their own.
    pub session: Option<u32>,
    /// The service's label.
    pub label: String,
    /// The name. An empty one removes the name.
    pub name: String,
}

impl<'a> Speaker<'a> {
    /// Interprets a label. The service sends a letter for each voice, and `UNKNOWN` or `PENDING`
    /// while it cannot tell.
    pub fn new(label: &'a str) -> Self {
        match label.as_bytes() {
            [letter] if letter.is_ascii_alphabetic() => Self::Known(label),
            _ => Self::Unknown,
        }
    }
}

impl TurnSpeakers {
    /// Takes over what a later revision of the same turn leaves as it is.
    pub(crate) fn revised(&self, later: &Self) -> Self {
        let mut revised = later.clone();
        if revised.words.is_empty() {
            revised.words = self.words.clone();
        }
        revised
    }

    /// Puts the labels on `turn`.
    pub(crate) fn label(&self, turn: &mut Turn) {
        turn.speaker.clone_from(&self.speaker);
        if !self.words.is_empty() {
            turn.words = relabelled(&turn.words, &self.words);
        }
    }
}

/// Returns `words` with the speakers of `labels`.
fn relabelled(words: &Words, labels: &Words) -> Words {
    let mut result = Words::with_capacity(words.len(), words.text().len());
    for word in words.iter() {
        // The times do not change. The second search is for a service that rounds them.
        let same = labels.iter().find(|it| it.start_ms == word.start_ms);
        let midpoint_ms = word.midpoint_ms();
        let around = || {
            let mut labels = labels.iter();
            labels.find(|it| (it.start_ms..=it.end_ms).contains(&midpoint_ms))
        };
        let label = same.or_else(around).and_then(|it| it.speaker);
        result.push(Word {
            speaker: label.or(word.speaker),
            ..word
        });
    }
    result
}
