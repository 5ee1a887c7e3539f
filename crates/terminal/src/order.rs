//! Decides in which order the entries of several recordings are complete.

use inturn_client_core::session::State;
use inturn_transcript::{Entry, EntryId, Touched};

use crate::{finals::Finals, track::Track};

/// The entries of the recordings that run together, parted into those that were released and those
/// that wait.
///
/// Within a recording, [`Finals`] decides. Between recordings, an entry also waits for those of the
/// others that began before it, and for a recording whose words are behind its audio. So released
/// entries are in the order of the clock, but for late ones.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    lanes: Vec<Lane>,
}

#[derive(Clone, Debug)]
struct Lane {
    finals: Finals,
    /// The latest start of an entry that was released, since the first recording began.
    released_to_ms: Option<u32>,
}

/// An entry that was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Released {
    /// The place of its recording.
    pub(crate) track: usize,
    pub(crate) id: EntryId,
    /// Whether it has a place before an entry that was released earlier.
    pub(crate) is_late: bool,
}

impl Order {
    /// For as many recordings as run together.
    pub(crate) fn new(formatted_follows: bool, recordings: usize) -> Self {
        let lane = Lane {
            finals: Finals::new(formatted_follows),
            released_to_ms: None,
        };
        Self {
            lanes: vec![lane; recordings],
        }
    }

    /// Begins another transcript.
    pub(crate) fn restart(&mut self, track: usize) {
        if let Some(lane) = self.lanes.get_mut(track) {
            lane.finals.restart();
            lane.released_to_ms = None;
        }
    }

    /// Notes the state of a recording.
    pub(crate) fn note_state(&mut self, track: usize, state: State) {
        if let Some(lane) = self.lanes.get_mut(track) {
            lane.finals.note_state(state);
        }
    }

    /// The recordings are over: everything is final.
    pub(crate) fn note_end(&mut self) {
        for lane in &mut self.lanes {
            lane.finals.note_end();
        }
    }

    /// Notes what a change has touched. Returns the entries that were released before.
    pub(crate) fn note_touched(
        &mut self,
        tracks: &[Track<'_>],
        track: usize,
        touched: &[Touched],
    ) -> Vec<EntryId> {
        match (self.lanes.get_mut(track), tracks.get(track)) {
            (Some(lane), Some(track)) => lane.finals.note_touched(track.transcript, touched),
            _ => Vec::new(),
        }
    }

    /// Returns the entries that wait, each with its recording: the late ones, and then the others.
    pub(crate) fn waiting<'a>(&self, tracks: &[Track<'a>]) -> Vec<(usize, &'a Entry)> {
        let lanes = self.lanes.iter().zip(tracks);
        let late = lanes.clone().enumerate().flat_map(|(at, (lane, track))| {
            let late = lane.finals.late(track.transcript).into_iter();
            late.map(move |entry| (at, entry))
        });
        let mut waiting: Vec<_> = late.collect();
        waiting.sort_by_key(|(at, entry)| start_ms(tracks, *at, entry));
        let tails = lanes.map(|(lane, track)| lane.finals.tail(track.transcript));
        let mut tails: Vec<&[Entry]> = tails.collect();
        loop {
            let firsts = tails.iter().enumerate();
            let firsts = firsts.filter_map(|(at, it)| Some((at, it.split_first()?)));
            let first = firsts.min_by_key(|(at, (entry, _))| start_ms(tracks, *at, entry));
            let Some((at, (entry, rest))) = first else {
                return waiting;
            };
            waiting.push((at, entry));
            if let Some(tail) = tails.get_mut(at) {
                *tail = rest;
            }
        }
    }

    /// Releases all entries that may be.
    pub(crate) fn release(&mut self, tracks: &[Track<'_>]) -> Vec<Released> {
        let mut released = Vec::new();
        for (at, (lane, track)) in self.lanes.iter_mut().zip(tracks).enumerate() {
            let late = lane.finals.release_late(track.transcript).into_iter();
            released.extend(late.map(|id| Released {
                track: at,
                id,
                is_late: true,
            }));
        }
        while let Some((track, entry)) = self.first(tracks) {
            if self.awaits_words_before(track) || !self.is_final(tracks, track, entry) {
                break;
            }
            released.push(self.release_one(tracks, track, entry));
        }
        released
    }

    /// Releases the first entry that is final by itself, although words before it may still come.
    /// Returns `None` if the first one that waits can change.
    pub(crate) fn release_first(&mut self, tracks: &[Track<'_>]) -> Option<Released> {
        let (track, entry) = self.first(tracks)?;
        let has_ended = match entry {
            Entry::Turn(turn) => turn.has_ended(),
            Entry::Gap(_) => true,
        };
        has_ended.then(|| self.release_one(tracks, track, entry))
    }

    /// Returns the first entry of all that were not released. A gap that grows is passed over: no
    /// words come before its end.
    fn first<'a>(&self, tracks: &[Track<'a>]) -> Option<(usize, &'a Entry)> {
        let lanes = self.lanes.iter().zip(tracks).enumerate();
        let firsts = lanes.filter_map(|(at, (lane, track))| {
            Some((at, lane.finals.tail(track.transcript).first()?))
        });
        let firsts = firsts.filter(|(at, entry)| {
            matches!(entry, Entry::Turn(_)) || self.is_final(tracks, *at, entry)
        });
        firsts.min_by_key(|(at, entry)| start_ms(tracks, *at, entry))
    }

    fn release_one(&mut self, tracks: &[Track<'_>], track: usize, entry: &Entry) -> Released {
        let start_ms = start_ms(tracks, track, entry);
        let mut others = self.lanes.iter().enumerate().filter(|it| it.0 != track);
        let is_late = others.any(|(_, lane)| lane.released_to_ms > Some(start_ms));
        if let Some(lane) = self.lanes.get_mut(track) {
            lane.finals.release_one(entry.id());
            lane.released_to_ms = lane.released_to_ms.max(Some(start_ms));
        }
        Released {
            track,
            id: entry.id(),
            is_late,
        }
    }

    /// Whether words may still come before the first entry of this recording.
    fn awaits_words_before(&self, track: usize) -> bool {
        let mut lanes = self.lanes.iter().enumerate();
        lanes.any(|(at, lane)| match at == track {
            true => lane.finals.is_filling(),
            false => lane.finals.is_behind(),
        })
    }

    fn is_final(&self, tracks: &[Track<'_>], track: usize, entry: &Entry) -> bool {
        match (self.lanes.get(track), tracks.get(track)) {
            (Some(lane), Some(track)) => lane.finals.is_final(track.transcript, entry),
            _ => false,
        }
    }
}

/// Returns the start of an entry, since the first recording began.
fn start_ms(tracks: &[Track<'_>], track: usize, entry: &Entry) -> u32 {
    let start_ms = entry.start_ms();
    tracks
        .get(track)
        .map_or(start_ms, |it| it.shared_ms(start_ms))
}
