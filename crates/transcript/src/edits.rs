//! What a person has edited, and what the service has revised, kept apart from the turns.

use serde::{Deserialize, Serialize};

use crate::{
    correction::{Correction, CorrectionId},
    speaker::{SpeakerName, TurnSpeakers},
    turn::TurnId,
};

/// The corrections, names and revised speakers of a transcript. A new version of a turn leaves them
/// as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Edits {
    /// Sorted by turn. No list is empty.
    corrections: Vec<(TurnId, Vec<Correction>)>,
    /// Sorted by label and session. No name is empty.
    names: Vec<SpeakerName>,
    /// Sorted by turn.
    speakers: Vec<TurnSpeakers>,
}

impl Edits {
    /// Returns the corrections of a turn, in its order.
    pub(crate) fn corrections(&self, turn: TurnId) -> &[Correction] {
        match self.corrections.binary_search_by_key(&turn, |it| it.0) {
            Ok(at) => &self.corrections[at].1,
            Err(_) => &[],
        }
    }

    /// Replaces the corrections of a turn. Returns `false` if that changes nothing.
    pub(crate) fn correct(&mut self, turn: TurnId, new: &[Correction]) -> bool {
        let mut corrections: Vec<Correction> = Vec::new();
        // They are few, and mostly sorted. The standard library's sort is 5 kB of the page.
        for correction in new {
            let at = corrections.partition_point(|it| it.first <= correction.first);
            corrections.insert(at, correction.clone());
        }
        if self.corrections(turn) == corrections {
            return false;
        }
        match self.corrections.binary_search_by_key(&turn, |it| it.0) {
            Ok(at) if corrections.is_empty() => {
                self.corrections.remove(at);
            }
            Ok(at) => self.corrections[at].1 = corrections,
            Err(at) => self.corrections.insert(at, (turn, corrections)),
        }
        true
    }

    /// Returns all names, sorted by label and session.
    pub(crate) fn names(&self) -> &[SpeakerName] {
        &self.names
    }

    /// Returns the name of a speaker of a session.
    pub(crate) fn name(&self, session: u32, label: &str) -> Option<&str> {
        let of = |session| {
            let mut names = self.names.iter();
            names.find(|it| it.session == session && it.label == label)
        };
        let found = of(Some(session)).or_else(|| of(None))?;
        Some(&found.name)
    }

    /// Names a speaker. Returns `false` if that changes nothing.
    pub(crate) fn name_speaker(&mut self, new: &SpeakerName) -> bool {
        let mut names = self.names.iter();
        let known = names.position(|it| it.session == new.session && it.label == new.label);
        let new = SpeakerName {
            name: new.name.trim().to_owned(),
            ..new.clone()
        };
        match known {
            Some(at) if self.names[at] == new => return false,
            Some(at) if new.name.is_empty() => {
                self.names.remove(at);
            }
            Some(at) => self.names[at] = new,
            None if new.name.is_empty() => return false,
            None => {
                let key = |it: &SpeakerName| (it.label.clone(), it.session);
                let at = self.names.partition_point(|it| key(it) < key(&new));
                self.names.insert(at, new);
            }
        }
        true
    }

    /// Returns all corrections, sorted by turn.
    pub(crate) fn all_corrections(&self) -> impl Iterator<Item = (CorrectionId, &Correction)> {
        self.corrected_turns().flat_map(|(turn, list)| {
            let list = list.iter().enumerate();
            list.map(move |(index, it)| (CorrectionId { turn, index }, it))
        })
    }

    /// Returns the corrected turns with their corrections, sorted by turn.
    pub(crate) fn corrected_turns(&self) -> impl Iterator<Item = (TurnId, &[Correction])> {
        let turns = self.corrections.iter();
        turns.map(|(turn, list)| (*turn, list.as_slice()))
    }

    /// Returns all revisions of speakers, sorted by turn.
    pub(crate) fn all_speakers(&self) -> &[TurnSpeakers] {
        &self.speakers
    }

    /// Returns the revised speakers of a turn.
    pub(crate) fn speakers(&self, turn: TurnId) -> Option<&TurnSpeakers> {
        let at = self.speakers.binary_search_by_key(&turn, |it| it.turn);
        self.speakers.get(at.ok()?)
    }

    /// Adds revised speakers of a turn. Returns all that is known of them.
    pub(crate) fn revise(&mut self, new: &TurnSpeakers) -> &TurnSpeakers {
        match self.speakers.binary_search_by_key(&new.turn, |it| it.turn) {
            Ok(at) => {
                self.speakers[at] = self.speakers[at].revised(new);
                &self.speakers[at]
            }
            Err(at) => {
                self.speakers.insert(at, new.clone());
                &self.speakers[at]
            }
        }
    }
}
