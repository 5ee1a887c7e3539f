//! Which parts of the timeline still need a session.

use std::{ops::Range, time::Duration};

use super::upload::{Upload, samples_in};

/// Longest missing part that a new session hears before the live audio. At the service's pace it
/// then needs 40 s to catch up. A longer part is transcribed by a session of its own, so that the
/// words being spoken appear at once.
pub const MAX_REPLAY: Duration = Duration::from_secs(10);

/// The parts of the timeline without settled words. Positions are samples of the recording.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// Start of the part that belongs to the live session, or to the next one.
    live_from: u64,
    /// Parts before it that no session transcribes, in order.
    holes: Vec<Range<u64>>,
    /// Parts that are lost: their audio is not kept any more.
    lost: Vec<Range<u64>>,
}

impl Coverage {
    /// Returns the start of the live part.
    pub(super) fn live_from(&self) -> u64 {
        self.live_from
    }

    /// Records that the words of the live part are settled up to `sample`.
    pub(super) fn settle(&mut self, sample: u64) {
        self.live_from = self.live_from.max(sample);
    }

    /// Begins the live part later, at `sample`. The part before it becomes a hole.
    pub(super) fn begin_live_at(&mut self, sample: u64, upload: &Upload) {
        let from = std::mem::replace(&mut self.live_from, sample);
        self.add_hole(from..sample, upload);
    }

    /// Adds a part that no session transcribes. Its silent start is dropped.
    pub(super) fn add_hole(&mut self, hole: Range<u64>, upload: &Upload) {
        if hole.is_empty() {
            return;
        }
        let lost_until = upload.first_kept().min(hole.end);
        insert(&mut self.lost, hole.start..lost_until);
        let from = hole.start.max(lost_until);
        if let Some(start) = upload.first_sound(from, hole.end) {
            insert(&mut self.holes, start..hole.end);
        }
    }

    /// Gives up a part that no hole contains.
    pub(super) fn lose(&mut self, part: Range<u64>) {
        insert(&mut self.lost, part);
    }

    /// Returns `true` if there is a hole.
    pub(super) fn has_holes(&self) -> bool {
        !self.holes.is_empty()
    }

    /// Takes the first hole, for a session that transcribes it.
    pub(super) fn take_hole(&mut self) -> Option<Range<u64>> {
        (!self.holes.is_empty()).then(|| self.holes.remove(0))
    }

    /// Returns all holes, in order.
    pub(super) fn holes(&self) -> &[Range<u64>] {
        &self.holes
    }

    /// Returns the first sample that a later session may need.
    pub(super) fn needed_from(&self) -> u64 {
        let hole = self.holes.first().map(|hole| hole.start);
        hole.map_or(self.live_from, |start| start.min(self.live_from))
    }

    /// Gives up what is no longer kept: the holes before the first kept sample, and the start of
    /// the live part after `heard`, which the live session has not heard. The parts are then
    /// [`lost`](Self::take_lost).
    pub(super) fn drop_before(&mut self, first_kept: u64, heard: u64) {
        while let Some(hole) = self.holes.first_mut()
            && hole.start < first_kept
        {
            let until = hole.end.min(first_kept);
            insert(&mut self.lost, hole.start..until);
            hole.start = until;
            if hole.is_empty() {
                self.holes.remove(0);
            }
        }
        insert(&mut self.lost, self.live_from.max(heard)..first_kept);
        self.settle(first_kept);
    }

    /// Gives up all holes.
    pub(super) fn give_up_holes(&mut self) {
        for hole in std::mem::take(&mut self.holes) {
            insert(&mut self.lost, hole);
        }
    }

    /// Gives up everything up to `end`, which is not transcribed any more. Silence is not lost.
    pub(super) fn give_up(&mut self, end: u64, upload: &Upload) {
        self.begin_live_at(end.max(self.live_from), upload);
        self.give_up_holes();
    }

    /// Returns the lost parts since the last call, in order.
    pub(super) fn take_lost(&mut self) -> Vec<Range<u64>> {
        std::mem::take(&mut self.lost)
    }
}

/// Inserts `part` into `parts`, in order. Joins it with the one before if they touch.
fn insert(parts: &mut Vec<Range<u64>>, part: Range<u64>) {
    if part.is_empty() {
        return;
    }
    let at = parts.partition_point(|it| it.start < part.start);
    match at.checked_sub(1).and_then(|before| parts.get_mut(before)) {
        Some(before) if before.end >= part.start => before.end = before.end.max(part.end),
        _ => parts.insert(at, part),
    }
}

/// Returns `true` if a session can hear the missing part before the live audio.
pub(super) fn is_replayed(missing_samples: u64) -> bool {
    missing_samples <= samples_in(MAX_REPLAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Audio of `chunks` chunks of 100 ms with sound.
    fn sound(chunks: usize) -> Upload {
        let mut upload = Upload::default();
        for _ in 0..chunks {
            upload.push(&[1_000; 1_600]);
        }
        upload
    }

    /// Returns the starts and ends of the lost parts.
    fn lost(coverage: &mut Coverage) -> Vec<(u64, u64)> {
        let parts = coverage.take_lost().into_iter();
        parts.map(|part| (part.start, part.end)).collect()
    }

    #[test]
    fn holes_are_taken_in_order_and_adjacent_ones_are_one() {
        let upload = sound(1_000);
        let mut coverage = Coverage::default();
        coverage.settle(16_000);
        coverage.begin_live_at(320_000, &upload);
        coverage.add_hole(320_000..480_000, &upload);
        coverage.add_hole(640_000..800_000, &upload);
        coverage.add_hole(0..8_000, &upload);
        assert_eq!(coverage.needed_from(), 0);
        assert_eq!(coverage.take_hole(), Some(0..8_000));
        assert_eq!(coverage.take_hole(), Some(16_000..480_000));
        assert_eq!(coverage.take_hole(), Some(640_000..800_000));
        assert_eq!(coverage.take_hole(), None);
        assert_eq!(coverage.needed_from(), 320_000);
    }

    #[test]
    fn silence_needs_no_session() {
        let mut upload = Upload::default();
        for _ in 0..100 {
            upload.push(&[0; 1_600]);
        }
        let mut coverage = Coverage::default();
        coverage.begin_live_at(160_000, &upload);
        assert!(!coverage.has_holes());
        coverage.give_up(160_000, &upload);
        assert_eq!(lost(&mut coverage), []);
    }

    #[test]
    fn what_is_not_kept_is_lost() {
        let mut upload = sound(100);
        upload.forget(48_000);
        let mut coverage = Coverage::default();
        coverage.add_hole(16_000..64_000, &upload);
        assert_eq!(lost(&mut coverage), [(16_000, 32_000)]);
        coverage.settle(80_000);
        coverage.drop_before(48_000, 0);
        assert_eq!(lost(&mut coverage), [(32_000, 48_000)]);
        coverage.drop_before(96_000, 90_000);
        assert_eq!(lost(&mut coverage), [(48_000, 64_000), (90_000, 96_000)]);
        coverage.give_up(160_000, &upload);
        assert_eq!(lost(&mut coverage), [(96_000, 160_000)]);
        assert!(!coverage.has_holes());
    }
}
