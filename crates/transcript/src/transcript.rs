//! The transcript.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{
    change::Change,
    entry::{Entry, EntryId},
    gap::Gap,
    session::{Session, SessionEnd},
    turn::{Turn, TurnId},
};

/// The transcript of one recording. See the crate's documentation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    sessions: Vec<SessionRecord>,
    /// Sorted by [`Transcript::sort_key`].
    entries: Vec<Entry>,
}

/// The span and the end of a session. For each, the first change counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct SessionRecord {
    number: u32,
    span: Option<Session>,
    /// Whether it has reported text, and so has taken over the part that it owns.
    has_text: bool,
    end: Option<SessionEnd>,
}

/// The sort key of an entry: its span's start, its session, its turn.
type SortKey = (u32, u32, u32);

impl Transcript {
    /// Applies a change. Returns the ids of the added, changed and removed entries.
    pub fn apply(&mut self, change: &Change) -> Vec<EntryId> {
        match change {
            Change::SessionBegan(session) => self.begin(*session),
            Change::Turn(turn) => self.put_turn(turn),
            Change::Gap(gap) => self.put_gap(*gap).into_iter().collect(),
            Change::SessionEnded { session, end } => self.end(*session, *end),
        }
    }

    /// Returns all entries, in the order of the timeline.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns all turns, in the order of the timeline.
    pub fn turns(&self) -> impl DoubleEndedIterator<Item = &Turn> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Turn(turn) => Some(turn),
            Entry::Gap(_) => None,
        })
    }

    /// Returns the entry with this id.
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        let at = self.find(id).ok()?;
        self.entries.get(at)
    }

    /// Returns the turn with this id.
    pub fn turn(&self, id: TurnId) -> Option<&Turn> {
        match self.entry(EntryId::Turn(id))? {
            Entry::Turn(turn) => Some(turn),
            Entry::Gap(_) => None,
        }
    }

    /// Returns the entry after the one with this id.
    pub fn entry_after(&self, id: EntryId) -> Option<&Entry> {
        let at = self.find(id).ok()?;
        self.entries.get(at + 1)
    }

    /// Returns the numbers of the sessions that have begun and not ended.
    pub fn open_sessions(&self) -> impl Iterator<Item = u32> {
        let open = self.sessions.iter().filter(|it| it.end.is_none());
        open.map(|it| it.number)
    }

    /// Returns the highest session number, or 0 if there was no session.
    pub fn last_session(&self) -> u32 {
        self.sessions.iter().map(|it| it.number).max().unwrap_or(0)
    }

    /// Returns `true` if there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn begin(&mut self, session: Session) -> Vec<EntryId> {
        let record = self.record(session.number);
        if record.span.is_some() {
            return Vec::new();
        }
        record.span = Some(session);
        // In a log combined from several parts, turns may come before their session's start.
        for entry in std::mem::take(&mut self.entries) {
            let at = self.find(entry.id()).unwrap_or_else(|at| at);
            self.entries.insert(at, entry);
        }
        self.drop_unowned_words()
    }

    /// Drops the words that their session does not own. Returns the ids of the changed and removed
    /// entries.
    fn drop_unowned_words(&mut self) -> Vec<EntryId> {
        let mut changed = Vec::new();
        for mut entry in std::mem::take(&mut self.entries) {
            if let Entry::Turn(turn) = &entry
                && let Some(trimmed) = self.trimmed(turn)
            {
                changed.push(entry.id());
                if trimmed.text().is_empty() {
                    continue;
                }
                entry = Entry::Turn(trimmed);
            }
            self.entries.push(entry);
        }
        changed
    }

    /// Returns `turn` without the words that its session does not own, if there are any.
    fn trimmed(&self, turn: &Turn) -> Option<Turn> {
        let own = turn.id.session;
        turn.trimmed(|instant_ms| {
            self.sessions.iter().all(|record| {
                let covers = record.span.is_none_or(|span| span.covers(instant_ms));
                match record.number.cmp(&own) {
                    Ordering::Less => true,
                    Ordering::Equal => covers,
                    Ordering::Greater => !(record.has_text && record.span.is_some() && covers),
                }
            })
        })
    }

    fn end(&mut self, session: u32, end: SessionEnd) -> Vec<EntryId> {
        let end = *self.record(session).end.get_or_insert(end);
        let mut closed = Vec::new();
        for entry in &mut self.entries {
            if let Entry::Turn(turn) = entry
                && turn.id.session == session
                && !turn.has_ended()
            {
                turn.close(end);
                closed.push(EntryId::Turn(turn.id));
            }
        }
        closed
    }

    fn put_turn(&mut self, turn: &Turn) -> Vec<EntryId> {
        let session = turn.id.session;
        let id = EntryId::Turn(turn.id);
        let is_newer = |old: &Turn| turn.state >= old.state;
        if (!turn.has_ended() && self.has_ended(session))
            || !self.turn(turn.id).is_none_or(is_newer)
        {
            return Vec::new();
        }
        let trimmed = self.trimmed(turn);
        let was_trimmed = trimmed.is_some();
        let turn = trimmed.unwrap_or_else(|| turn.clone());
        if turn.text().is_empty() {
            let is_removed = (was_trimmed || !turn.has_ended()) && self.remove(id);
            return Vec::from_iter(is_removed.then_some(id));
        }
        let mut changed = Vec::new();
        if !std::mem::replace(&mut self.record(session).has_text, true) {
            changed = self.drop_unowned_words();
        }
        if self.put(Entry::Turn(turn)) {
            changed.push(id);
        }
        changed
    }

    fn put_gap(&mut self, gap: Gap) -> Option<EntryId> {
        let id = EntryId::Gap(gap.from_ms);
        let has_changed = if gap.to_ms <= gap.from_ms {
            self.remove(id)
        } else {
            self.put(Entry::Gap(gap))
        };
        has_changed.then_some(id)
    }

    /// Adds an entry, or replaces the one with its id. Returns `false` if it is there already.
    fn put(&mut self, entry: Entry) -> bool {
        match self.find(entry.id()) {
            Ok(at) if self.entries[at] == entry => return false,
            Ok(at) => self.entries[at] = entry,
            Err(at) => self.entries.insert(at, entry),
        }
        true
    }

    /// Removes an entry. Returns `false` if there is none.
    fn remove(&mut self, id: EntryId) -> bool {
        let found = self.find(id);
        if let Ok(at) = found {
            self.entries.remove(at);
        }
        found.is_ok()
    }

    /// Returns the index of the entry with this id, or as an error the index at which to insert it.
    fn find(&self, id: EntryId) -> Result<usize, usize> {
        // Most changes are to the last entry, which this finds in constant time.
        if let Some(last) = self.entries.last()
            && last.id() == id
        {
            return Ok(self.entries.len() - 1);
        }
        let sort_key = self.sort_key(id);
        self.entries
            .binary_search_by_key(&sort_key, |entry| self.sort_key(entry.id()))
    }

    fn sort_key(&self, id: EntryId) -> SortKey {
        match id {
            EntryId::Turn(TurnId { session, turn }) => {
                let record = self.sessions.iter().find(|it| it.number == session);
                let span = record.and_then(|it| it.span);
                let start_ms = span.map_or(0, |it| it.start_ms);
                (start_ms, session.saturating_add(1), turn)
            }
            // Sorts before a session with the same start.
            EntryId::Gap(from_ms) => (from_ms, 0, 0),
        }
    }

    fn has_ended(&self, session: u32) -> bool {
        let mut sessions = self.sessions.iter();
        sessions.any(|it| it.number == session && it.end.is_some())
    }

    fn record(&mut self, number: u32) -> &mut SessionRecord {
        let known = self.sessions.iter().position(|it| it.number == number);
        let at = known.unwrap_or_else(|| {
            self.sessions.push(SessionRecord {
                number,
                span: None,
                has_text: false,
                end: None,
            });
            self.sessions.len() - 1
        });
        &mut self.sessions[at]
    }
}
