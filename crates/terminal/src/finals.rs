//! Decides which entries of a transcript are complete.

use std::collections::BTreeSet;

use inturn_client_core::session::{Progress, State};
use inturn_transcript::{Entry, EntryId, GapReason, Touched, Transcript, Turn, TurnState};

/// The entries of a transcript, parted into those that were released and those that wait.
///
/// `Order` releases an entry once it is final and nothing before it can change any more. So
/// released entries are in the order of the timeline, but for late ones: those that appear before
/// an entry that was released already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finals {
    /// Whether the service sends a formatted version after the raw end of a turn.
    formatted_follows: bool,
    released: BTreeSet<EntryId>,
    /// Entries that wait, and have a released entry after them.
    late: BTreeSet<EntryId>,
    /// Whether words before the last ones may still come, after a lost connection.
    is_filling: bool,
    /// Whether words of audio that was captured a while ago may still come.
    is_behind: bool,
    is_over: bool,
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
            State::Idle => {
                (self.is_over, self.is_filling, self.is_behind) = (true, false, false);
            }
            State::Reconnecting { .. } => (self.is_filling, self.is_behind) = (true, true),
            State::Listening(Progress::Live) => (self.is_filling, self.is_behind) = (false, false),
            State::Connecting | State::Listening(_) => self.is_behind = true,
            _ => {}
        }
    }

    /// Whether words before the last ones may still come, after a lost connection.
    pub(crate) fn is_filling(&self) -> bool {
        self.is_filling
    }

    /// Whether words of audio that was captured a while ago may still come: then the words of
    /// another recording wait.
    pub(crate) fn is_behind(&self) -> bool {
        self.is_behind
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

    /// Returns the entries that wait, and have a released entry after them.
    pub(crate) fn late<'a>(&self, transcript: &'a Transcript) -> Vec<&'a Entry> {
        let late = self.late.iter().filter_map(|id| transcript.entry(*id));
        late.collect()
    }

    /// Releases the late entries that are final.
    pub(crate) fn release_late(&mut self, transcript: &Transcript) -> Vec<EntryId> {
        let late = self.late(transcript).into_iter();
        let late = late.filter(|it| self.is_final(transcript, it));
        let released: Vec<EntryId> = late.map(Entry::id).collect();
        for id in &released {
            self.release_one(*id);
        }
        released
    }

    /// Releases an entry.
    pub(crate) fn release_one(&mut self, id: EntryId) {
        self.late.remove(&id);
        self.released.insert(id);
    }

    /// Returns the entries after the last one that was released.
    pub(crate) fn tail<'a>(&self, transcript: &'a Transcript) -> &'a [Entry] {
        let entries = transcript.entries();
        let is_released = |it: &Entry| self.released.contains(&it.id());
        let last = entries.iter().rposition(is_released);
        entries
            .get(last.map_or(0, |it| it + 1)..)
            .unwrap_or_default()
    }

    /// Whether an entry does not change any more.
    pub(crate) fn is_final(&self, transcript: &Transcript, entry: &Entry) -> bool {
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
