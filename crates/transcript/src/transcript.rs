//! The transcript.

mod editing;
mod log;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{
    change::Change,
    edits::Edits,
    entry::{Entry, EntryId, Touched},
    gap::Gap,
    session::{Session, SessionEnd, SessionRecord},
    turn::{Turn, TurnId},
};

/// The transcript of one recording. See the crate's documentation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    sessions: Vec<SessionRecord>,
    /// The starts of all gaps, sorted.
    gaps: Vec<u32>,
    /// Sorted by [`Transcript::sort_key`].
    entries: Vec<Entry>,
    edits: Edits,
}

/// The sort key of an entry: the start of its segment, its session, its turn. The gaps within a
/// session's span divide the span into segments.
type SortKey = (u32, u32, u32);

impl Transcript {
    /// Applies a change. Returns the added, changed, moved and removed entries: first the removed
    /// ones, then the others from the last to the first, so that a view can put each of them in
    /// front of the entry after it. After a correction, some may be the same as before.
    pub fn apply(&mut self, change: &Change) -> Vec<Touched> {
        let touched = match change {
            Change::SessionBegan(session) => self.begin(*session),
            Change::Turn(turn) => self.put_turn(turn),
            Change::Gap(gap) => self.put_gap(*gap),
            Change::SessionEnded { session, end } => self.end(*session, *end),
            Change::Speakers(speakers) => self.revise_speakers(speakers),
            Change::Corrected { turn, corrections } => self.correct(*turn, corrections),
            Change::SpeakerNamed(name) => return self.name_speaker(name),
        };
        if touched.len() < 2 {
            return touched;
        }
        let removed = touched.iter().filter(|it| self.entry(it.id).is_none());
        let others = self.entries.iter().rev().filter_map(|entry| {
            let id = entry.id();
            touched.iter().find(|it| it.id == id)
        });
        removed.chain(others).copied().collect()
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
        self.entries.get(self.position(id)?)
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
        self.entries.get(self.position(id)? + 1)
    }

    /// Returns the numbers of the sessions that have begun and not ended.
    pub fn open_sessions(&self) -> impl Iterator<Item = u32> {
        let open = self.sessions.iter().filter(|it| it.end.is_none());
        open.map(|it| it.number)
    }

    /// Returns the numbers of all sessions, in the order in which they became known.
    pub fn session_numbers(&self) -> impl Iterator<Item = u32> {
        self.sessions.iter().map(|it| it.number)
    }

    /// Returns the highest session number, or 0 if there was no session.
    pub fn last_session(&self) -> u32 {
        self.session_numbers().max().unwrap_or(0)
    }

    /// Returns `true` if there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the starts of the gaps, including those that a selection has left out.
    pub(crate) fn gap_starts(&self) -> &[u32] {
        &self.gaps
    }

    /// Puts a transcript together from its parts. `gaps` are the starts of gaps that are not among
    /// the entries, but have ordered them. Of two entries with the same id, the last one counts.
    pub(crate) fn from_parts(
        sessions: Vec<SessionRecord>,
        gaps: Vec<u32>,
        entries: Vec<Entry>,
        edits: Edits,
    ) -> Self {
        // Most come in order. The standard library's sort would be 4 kB of the page's module.
        let mut sorted = Vec::with_capacity(gaps.len());
        for start in gaps
            .into_iter()
            .chain(entries.iter().filter_map(Entry::gap_start))
        {
            if let Err(at) = sorted.binary_search(&start) {
                sorted.insert(at, start);
            }
        }
        let mut transcript = Self {
            sessions,
            gaps: sorted,
            entries: Vec::with_capacity(entries.len()),
            edits,
        };
        for entry in entries {
            transcript.put(entry);
        }
        transcript
    }

    fn begin(&mut self, session: Session) -> Vec<Touched> {
        let record = self.record(session.number);
        if record.span.is_some() {
            return Vec::new();
        }
        record.span = Some(session);
        self.settle()
    }

    /// Drops the words that their session does not own, and restores the order of the entries.
    /// Required after a change of the sessions or of the gaps. Returns the changed, moved and
    /// removed entries.
    fn settle(&mut self) -> Vec<Touched> {
        let mut touched = Vec::new();
        for mut entry in std::mem::take(&mut self.entries) {
            let id = entry.id();
            let mut has_changed = false;
            if let Entry::Turn(turn) = &entry
                && let Some(trimmed) = self.trimmed(turn)
            {
                if trimmed.text().is_empty() {
                    touched.push(Touched::in_place(id));
                    continue;
                }
                entry = Entry::Turn(trimmed);
                has_changed = true;
            }
            let at = self.insert(entry);
            let has_moved = at + 1 < self.entries.len();
            if has_changed || has_moved {
                touched.push(Touched { id, has_moved });
            }
        }
        touched
    }

    /// Returns `turn` without the words that its session does not own, if there are any.
    fn trimmed(&self, turn: &Turn) -> Option<Turn> {
        turn.trimmed(|instant_ms| self.owns(turn.id.session, instant_ms))
    }

    /// Returns `true` if a session owns an instant of the timeline.
    pub(crate) fn owns(&self, session: u32, instant_ms: u32) -> bool {
        self.sessions.iter().all(|record| {
            let covers = record.span.is_none_or(|span| span.covers(instant_ms));
            match record.number.cmp(&session) {
                Ordering::Less => true,
                Ordering::Equal => covers,
                Ordering::Greater => !(record.has_text && record.span.is_some() && covers),
            }
        })
    }

    fn end(&mut self, session: u32, end: SessionEnd) -> Vec<Touched> {
        let end = *self.record(session).end.get_or_insert(end);
        let mut closed = Vec::new();
        for entry in &mut self.entries {
            if let Entry::Turn(turn) = entry
                && turn.id.session == session
                && !turn.has_ended()
            {
                turn.close(end);
                closed.push(Touched::in_place(EntryId::Turn(turn.id)));
            }
        }
        closed
    }

    fn put_turn(&mut self, turn: &Turn) -> Vec<Touched> {
        let session = turn.id.session;
        let is_newer = |old: &Turn| turn.state >= old.state;
        if (!turn.has_ended() && self.has_ended(session))
            || !self.turn(turn.id).is_none_or(is_newer)
        {
            return Vec::new();
        }
        let trimmed = self.trimmed(turn);
        let was_trimmed = trimmed.is_some();
        let mut turn = trimmed.unwrap_or_else(|| turn.clone());
        if let Some(speakers) = self.edits.speakers(turn.id) {
            speakers.label(&mut turn);
        }
        if turn.text().is_empty() {
            if !was_trimmed && turn.has_ended() {
                return Vec::new();
            }
            let removed = self.remove(EntryId::Turn(turn.id));
            return removed.into_iter().collect();
        }
        let mut touched = Vec::new();
        if !std::mem::replace(&mut self.record(session).has_text, true) {
            touched = self.settle();
        }
        touched.extend(self.put(Entry::Turn(turn)));
        touched
    }

    fn put_gap(&mut self, gap: Gap) -> Vec<Touched> {
        let known = self.gaps.binary_search(&gap.from_ms);
        let mut touched = Vec::new();
        if gap.to_ms > gap.from_ms {
            if let Err(at) = known {
                self.gaps.insert(at, gap.from_ms);
                touched = self.settle();
            }
            touched.extend(self.put(Entry::Gap(gap)));
        } else if let Ok(at) = known {
            touched.extend(self.remove(EntryId::Gap(gap.from_ms)));
            self.gaps.remove(at);
            touched.extend(self.settle());
        }
        touched
    }

    /// Adds an entry, or replaces the one with its id. Returns `None` if it is there already.
    fn put(&mut self, entry: Entry) -> Option<Touched> {
        let id = entry.id();
        let old = self.position(id);
        if let Some(at) = old {
            if self.entries[at] == entry {
                return None;
            }
            if self.sort_key(&self.entries[at]) == self.sort_key(&entry) {
                self.entries[at] = entry;
                return Some(Touched::in_place(id));
            }
            self.entries.remove(at);
        }
        self.insert(entry);
        let has_moved = old.is_some();
        Some(Touched { id, has_moved })
    }

    /// Inserts an entry that is not there. Returns its index.
    fn insert(&mut self, entry: Entry) -> usize {
        let at = self.search(self.sort_key(&entry)).unwrap_or_else(|at| at);
        self.entries.insert(at, entry);
        at
    }

    /// Removes an entry. Returns `None` if there is none.
    fn remove(&mut self, id: EntryId) -> Option<Touched> {
        self.entries.remove(self.position(id)?);
        Some(Touched::in_place(id))
    }

    /// Returns the index of the entry with this id.
    fn position(&self, id: EntryId) -> Option<usize> {
        // Most changes are to the last entry, which this finds in constant time.
        if let Some(last) = self.entries.last()
            && last.id() == id
        {
            return Some(self.entries.len() - 1);
        }
        match id {
            EntryId::Gap(from_ms) => self.search((from_ms, 0, 0)).ok(),
            // The turn is in one of its session's segments, and most changes are to the last one.
            EntryId::Turn(TurnId { session, turn }) => {
                let (start_ms, gaps) = self.segments(session);
                let in_segment = |start_ms| self.search(turn_key(start_ms, session, turn)).ok();
                let found = gaps.iter().rev().find_map(|start_ms| in_segment(*start_ms));
                found.or_else(|| in_segment(start_ms))
            }
        }
    }

    /// Returns the index of the entry with this key, or as an error the index at which to insert
    /// it.
    fn search(&self, sort_key: SortKey) -> Result<usize, usize> {
        self.entries
            .binary_search_by_key(&sort_key, |entry| self.sort_key(entry))
    }

    fn sort_key(&self, entry: &Entry) -> SortKey {
        match entry {
            Entry::Turn(turn) => {
                let TurnId {
                    session,
                    turn: number,
                } = turn.id;
                let (start_ms, gaps) = self.segments(session);
                let before = gaps.partition_point(|from_ms| *from_ms <= turn.start_ms);
                let gap = before.checked_sub(1).and_then(|at| gaps.get(at));
                turn_key(gap.copied().unwrap_or(start_ms), session, number)
            }
            // Sorts before the turns that start with it or after it.
            Entry::Gap(gap) => (gap.from_ms, 0, 0),
        }
    }

    /// Returns the starts of a session's segments: that of its span, and those of the gaps in the
    /// span.
    fn segments(&self, session: u32) -> (u32, &[u32]) {
        let record = self.sessions.iter().find(|it| it.number == session);
        let span = record.and_then(|it| it.span);
        let start_ms = span.map_or(0, |it| it.start_ms);
        let end_ms = span.and_then(|it| it.end_ms);
        let from = self.gaps.partition_point(|it| *it < start_ms);
        let gaps = self.gaps.get(from..).unwrap_or_default();
        let len = end_ms.map_or(gaps.len(), |end_ms| gaps.partition_point(|it| *it < end_ms));
        (start_ms, gaps.get(..len).unwrap_or_default())
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

fn turn_key(segment_start_ms: u32, session: u32, turn: u32) -> SortKey {
    (segment_start_ms, session.saturating_add(1), turn)
}
