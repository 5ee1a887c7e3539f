//! Which corrections a turn shows.

use crate::{
    correction::{Correction, CorrectionId},
    reading::Reading,
    transcript::Transcript,
    turn::{Turn, TurnId},
};

impl Transcript {
    /// Returns the corrections that were made in a turn, in its order.
    pub fn corrections(&self, turn: TurnId) -> &[Correction] {
        self.edits().corrections(turn)
    }

    /// Returns `true` if a turn shows corrections: its own, or those of words that it has taken
    /// over.
    pub fn is_corrected(&self, turn: TurnId) -> bool {
        let turn = self.turn(turn);
        turn.is_some_and(|it| !self.shown_corrections(it).is_empty())
    }

    /// Returns the turn as a person reads it, with its corrections, and with those that were made
    /// in turns of other sessions before its session took over their words.
    pub fn reading(&self, turn: TurnId) -> Option<Reading<'_>> {
        let turn = self.turn(turn)?;
        Some(Reading::new(turn, &self.shown_corrections(turn)))
    }

    /// Returns the corrections that `turn` shows, in its order.
    pub(crate) fn shown_corrections(&self, turn: &Turn) -> Vec<(CorrectionId, Correction)> {
        let own = self.corrections(turn.id);
        let of = |turn: TurnId, list: &[Correction]| {
            let list = list.iter().cloned().enumerate();
            let list = list.map(|(index, it)| (CorrectionId { turn, index }, it));
            list.collect::<Vec<_>>()
        };
        if self.sessions().len() < 2 {
            return of(turn.id, own);
        }
        let mut shown = of(turn.id, own);
        shown.retain(|(_, it)| self.owns(turn.id.session, it.midpoint_ms()));
        let taken_over = self.edits().all_corrections().filter(|(id, it)| {
            let midpoint_ms = it.midpoint_ms();
            id.turn.session != turn.id.session
                && (turn.start_ms..=turn.end_ms()).contains(&midpoint_ms)
                && self.owns(turn.id.session, midpoint_ms)
                && !self.owns(id.turn.session, midpoint_ms)
                && !own.iter().any(|own| own.overlaps(it))
        });
        for (id, correction) in taken_over {
            let mut words = turn.words.iter();
            let first = words.position(|word| word.midpoint_ms() >= correction.start_ms);
            let first = first.unwrap_or(turn.words.len()) as u32;
            let at = shown.partition_point(|(_, it)| it.first <= first);
            let correction = correction.clone();
            shown.insert(
                at,
                (
                    id,
                    Correction {
                        first,
                        ..correction
                    },
                ),
            );
        }
        shown
    }
}
