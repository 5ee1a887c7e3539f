//! Changes that a person makes, and revisions of speakers.

use super::Transcript;
use crate::{
    correction::Correction,
    edits::Edits,
    entry::{Entry, EntryId, Touched},
    session::SessionRecord,
    speaker::{SpeakerName, TurnSpeakers},
    turn::TurnId,
};

impl Transcript {
    /// Returns the name that a person gave a speaker of a session.
    pub fn speaker_name(&self, session: u32, label: &str) -> Option<&str> {
        self.edits.name(session, label)
    }

    /// Returns all names that a person gave, sorted by label and session.
    pub fn speaker_names(&self) -> &[SpeakerName] {
        self.edits.names()
    }

    pub(crate) fn edits(&self) -> &Edits {
        &self.edits
    }

    pub(crate) fn sessions(&self) -> &[SessionRecord] {
        &self.sessions
    }

    /// Replaces the corrections of a turn. Returns the turn, and the turns of other sessions that
    /// may have taken over its words. To know whether they have, it would need the readings, which
    /// a page without corrections does not contain.
    pub(super) fn correct(&mut self, turn: TurnId, corrections: &[Correction]) -> Vec<Touched> {
        let touched = self.turns().rev().filter(|it| {
            let time = it.start_ms..=it.end_ms();
            let old = self.edits.corrections(turn).iter();
            let is_inside = |it: &Correction| time.contains(&it.midpoint_ms());
            it.id == turn
                || (it.id.session != turn.session && old.chain(corrections).any(is_inside))
        });
        let touched = touched.map(|it| Touched::in_place(EntryId::Turn(it.id)));
        let touched: Vec<Touched> = touched.collect();
        if self.edits.correct(turn, corrections) {
            touched
        } else {
            Vec::new()
        }
    }

    pub(super) fn revise_speakers(&mut self, speakers: &TurnSpeakers) -> Vec<Touched> {
        let speakers = self.edits.revise(speakers);
        let id = EntryId::Turn(speakers.turn);
        let speakers = speakers.clone();
        let Some(Entry::Turn(turn)) = self.entry(id) else {
            return Vec::new();
        };
        let mut turn = turn.clone();
        speakers.label(&mut turn);
        self.put(Entry::Turn(turn)).into_iter().collect()
    }

    /// Names a speaker. Returns the turns with a word of this speaker, from the last to the first.
    pub(super) fn name_speaker(&mut self, name: &SpeakerName) -> Vec<Touched> {
        let name_in = |edits: &Edits, session| edits.name(session, &name.label).map(str::to_owned);
        let sessions = self.sessions.iter().map(|it| it.number);
        let before: Vec<_> = sessions.map(|it| (it, name_in(&self.edits, it))).collect();
        if !self.edits.name_speaker(name) {
            return Vec::new();
        }
        let mut renamed = before;
        renamed.retain(|(session, old)| name_in(&self.edits, *session) != *old);
        let turns = self.turns().rev().filter(|turn| {
            let is_renamed = renamed.iter().any(|it| it.0 == turn.id.session);
            is_renamed && turn.speakers().any(|it| it == name.label)
        });
        let touched = turns.map(|turn| Touched::in_place(EntryId::Turn(turn.id)));
        touched.collect()
    }
}
