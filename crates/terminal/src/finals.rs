//! Decides which entries of a transcript are complete, in the order of the timeline.

use std::collections::BTreeSet;

use inturn_client_core::session::{Progress, State};
use inturn_transcript::{Entry, EntryId, GapReason, Touched, Transcript, Turn, TurnState};

/// The entries of a transcript, parted into those that were released and those that wait.
///
/// An entry is released once it is final and nothing before it can change any more. So released
/// entries are in the order of the timeline, but for late ones: those that appear before an entry
/// that was released already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finals {
    /// Whether the service sends a formatted version after the raw end of a turn.
    formatted_follows: bool,
    released: BTreeSet<EntryId>,
    /// Entries that wait, and have a released entry after them.
    late: BTreeSet<EntryId>,
    /// Whether words before the last ones may still come, after a lost connection.
    is_filling: bool,
    is_over: bool,
}

/// An entry that was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Released {
    pub(crate) id: EntryId,
    /// Whether it has a place before an entry that was released earlier.
    pub(crate) is_late: bool,
}

impl Finals {
    pub(crate) fn new(formatted_follows: bool) -> Self {
        Self {
            formatted_follows,
            ..Self::default()
        }
    }

    /// Begins another transcript.
    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.formatted_follows);
    }

    /// Notes the state of the recording.
    pub(crate) fn note_state(&mut self, state: State) {
        match state {
            State::Idle => (self.is_over, self.is_filling) = (true, false),
            State::Reconnecting { .. } => self.is_filling = true,
            State::Listening(Progress::Live) => self.is_filling = false,
            _ => {}
        }
    }

    /// The recording is over: everything is final.
    pub(crate) fn note_end(&mut self) {
        self.note_state(State::Idle);
    }

    /// Notes what a change has touched. Returns the entries that were released before.
    pub(crate) fn note_touched(
        &mut self,
        transcript: &Transcript,
        touched: &[Touched],
    ) -> Vec<EntryId> {
        let released = touched.iter().map(|it| it.id);
        let released: Vec<EntryId> = released.filter(|id| self.released.contains(id)).collect();
        let is_gone = |id: &EntryId| transcript.entry(*id).is_none();
        let mut touched_ids = touched.iter();
        if !released.is_empty() || touched_ids.any(|it| it.has_moved || is_gone(&it.id)) {
            // A released entry may have gone, come back or moved.
            self.late = self.all_late(transcript);
            return released;
        }
        for Touched { id, .. } in touched {
            if !self.tail(transcript).iter().any(|it| it.id() == *id) {
                self.late.insert(*id);
            }
        }
        released
    }

    /// Returns all entries that wait, and have a released entry after them.
    fn all_late(&self, transcript: &Transcript) -> BTreeSet<EntryId> {
        let entries = transcript.entries();
        let before = entries.len() - self.tail(transcript).len();
        let ids = entries.iter().take(before).map(Entry::id);
        ids.filter(|id| !self.released.contains(id)).collect()
    }

    /// Returns the entries that wait: the late ones, and then the others.
    pub(crate) fn waiting<'a>(&self, transcript: &'a Transcript) -> Vec<&'a Entry> {
        let late = self.late.iter().filter_map(|id| transcript.entry(*id));
        let mut waiting: Vec<&Entry> = late.collect();
        waiting.sort_by_key(|it| it.start_ms());
        waiting.extend(self.tail(transcript));
        waiting
    }

    /// Releases all entries that may be.
    pub(crate) fn release(&mut self, transcript: &Transcript) -> Vec<Released> {
        let late = self.late.iter().filter_map(|id| transcript.entry(*id));
        let late = late.filter(|it| self.is_final(transcript, it));
        let mut released: Vec<Released> = late
            .map(|it| Released {
                id: it.id(),
                is_late: true,
            })
            .collect();
        if !self.is_filling {
            let tail = self.tail(transcript).iter();
            let finals = tail.take_while(|it| self.is_final(transcript, it));
            released.extend(finals.map(|it| Released {
                id: it.id(),
                is_late: false,
            }));
        }
        for it in &released {
            self.late.remove(&it.id);
            self.released.insert(it.id);
        }
        released
    }

    /// Releases the first entry that is final by itself, although words before it may still come.
    /// Returns `None` if the first one that waits can change.
    pub(crate) fn release_first(&mut self, transcript: &Transcript) -> Option<EntryId> {
        let first = self.tail(transcript).first()?;
        let has_ended = match first {
            Entry::Turn(turn) => turn.has_ended(),
            Entry::Gap(_) => self.is_final(transcript, first),
        };
        let id = first.id();
        (has_ended && self.released.insert(id)).then_some(id)
    }

    /// Returns the entries after the last one that was released.
    fn tail<'a>(&self, transcript: &'a Transcript) -> &'a [Entry] {
        let entries = transcript.entries();
        let is_released = |it: &Entry| self.released.contains(&it.id());
        let last = entries.iter().rposition(is_released);
        entries
            .get(last.map_or(0, |it| it + 1)..)
            .unwrap_or_default()
    }

    fn is_final(&self, transcript: &Transcript, entry: &Entry) -> bool {
        if self.is_over {
            return true;
        }
        match entry {
            // Without a microphone, the last gap grows.
            Entry::Gap(gap) => {
                gap.reason != GapReason::NoAudio || transcript.entry_after(entry.id()).is_some()
            }
            Entry::Turn(turn) => match turn.state {
                TurnState::Open => false,
                // The next session with words takes over what the lost one has heard in part.
                TurnState::Unfinished => {
                    transcript.turns().any(|it| it.id.session > turn.id.session)
                }
                TurnState::Raw => !self.formatted_follows || is_passed(transcript, turn),
                TurnState::Formatted => true,
            },
        }
    }
}

/// Returns `true` if the formatted version of `turn` does not come any more: its session is over,
/// or a later turn has ended.
fn is_passed(transcript: &Transcript, turn: &Turn) -> bool {
    let session = turn.id.session;
    let mut later = transcript.turns().rev().take_while(|it| it.id != turn.id);
    !transcript.open_sessions().any(|it| it == session)
        || later.any(|it| it.id.session == session && it.has_ended())
}
