//! The changes that make a transcript.

use super::Transcript;
use crate::{
    change::Change,
    entry::Entry,
    session::SessionRecord,
    turn::{Turn, TurnId},
    words::{Word, Words},
};

impl Transcript {
    /// Returns changes that make this transcript of an empty one: a short log of it, without
    /// what later changes have replaced. So a document that was read from a file can be stored as
    /// one that was recorded.
    ///
    /// A transcript that other programs have made may have what no change makes, for example words
    /// that their session does not own. Compare it with the result if that matters.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for record in &self.sessions {
            self.push_start(record, &mut changes);
        }
        for record in self.silenced() {
            push_lost_text(record, &mut changes);
        }
        changes.extend(self.entries.iter().map(|entry| match entry {
            Entry::Turn(turn) => Change::Turn(turn.clone()),
            Entry::Gap(gap) => Change::Gap(*gap),
        }));
        for record in &self.sessions {
            changes.extend(ended(record));
        }
        let edits = &self.edits;
        let speakers = edits.all_speakers().iter().cloned();
        changes.extend(speakers.map(Change::Speakers));
        changes.extend(edits.corrected_turns().map(|(turn, list)| {
            let corrections = list.to_vec();
            Change::Corrected { turn, corrections }
        }));
        let names = edits.names().iter().cloned();
        changes.extend(names.map(Change::SpeakerNamed));
        changes
    }

    /// Adds the changes by which a session becomes known.
    fn push_start(&self, record: &SessionRecord, changes: &mut Vec<Change>) {
        match record.span {
            Some(span) => changes.push(Change::SessionBegan(span)),
            None if !record.has_text => changes.extend(ended(record)),
            None => {
                let mut turns = self.turns().filter(|it| it.id.session == record.number);
                match turns.next() {
                    Some(turn) => changes.push(Change::Turn(turn.clone())),
                    None => push_lost_text(record, changes),
                }
            }
        }
    }

    /// Returns the sessions whose words later ones have taken over, the earliest first: each owns
    /// its part until a later one has text.
    fn silenced(&self) -> Vec<&SessionRecord> {
        let mut silenced: Vec<&SessionRecord> = Vec::new();
        for record in self.sessions.iter().filter(|it| it.span.is_some()) {
            let number = record.number;
            if record.has_text && !self.turns().any(|it| it.id.session == number) {
                let at = silenced.partition_point(|it| it.number < number);
                silenced.insert(at, record);
            }
        }
        silenced
    }
}

fn ended(record: &SessionRecord) -> Option<Change> {
    let session = record.number;
    record.end.map(|end| Change::SessionEnded { session, end })
}

/// Adds the changes of a session whose words later sessions have taken over: it has reported a
/// word, which is gone.
fn push_lost_text(record: &SessionRecord, changes: &mut Vec<Change>) {
    let start_ms = record.span.map_or(0, |span| span.start_ms);
    let gone = Turn {
        start_ms,
        ..Turn::new(TurnId {
            session: record.number,
            turn: u32::MAX,
        })
    };
    let mut words = Words::default();
    words.push(Word {
        text: "…",
        start_ms,
        end_ms: start_ms,
        ..Word::default()
    });
    changes.push(Change::Turn(Turn {
        words,
        ..gone.clone()
    }));
    changes.push(Change::Turn(gone));
}
