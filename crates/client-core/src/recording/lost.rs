//! Gaps for the parts that no session will transcribe.

use std::ops::Range;

use inturn_transcript::{Change, Entry, Gap, GapReason, Transcript};

/// Returns the changes that mark `part`, in milliseconds of the timeline, as lost. Other gaps are
/// left out of it, because nothing was captured there. Adjacent lost parts become one gap.
pub(super) fn changes(transcript: &Transcript, part: Range<u32>) -> Vec<Change> {
    let gaps: Vec<&Gap> = transcript.entries().iter().filter_map(gap).collect();
    let (lost, others): (Vec<&Gap>, Vec<&Gap>) = gaps
        .into_iter()
        .partition(|gap| gap.reason == GapReason::Disconnected);
    let mut pieces = Vec::new();
    let mut from = part.start;
    for other in others {
        pieces.push(from..other.from_ms.min(part.end));
        from = from.max(other.to_ms);
    }
    pieces.push(from..part.end);
    let mut changes = Vec::new();
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        let touching = lost
            .iter()
            .filter(|gap| gap.from_ms <= piece.end && piece.start <= gap.to_ms);
        let mut whole = piece.clone();
        for gap in touching.clone() {
            whole = whole.start.min(gap.from_ms)..whole.end.max(gap.to_ms);
        }
        let joined = touching.filter(|gap| gap.from_ms != whole.start);
        // A gap without a length is removed.
        changes.extend(joined.map(|gap| change(gap.from_ms..gap.from_ms)));
        changes.push(change(whole));
    }
    changes
}

fn gap(entry: &Entry) -> Option<&Gap> {
    match entry {
        Entry::Gap(gap) => Some(gap),
        Entry::Turn(_) => None,
    }
}

fn change(part: Range<u32>) -> Change {
    Change::Gap(Gap {
        from_ms: part.start,
        to_ms: part.end,
        reason: GapReason::Disconnected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks lost parts in a recording with a pause from 2 to 3 s and without audio from 5 to 6 s.
    /// Returns the gaps.
    fn marked<const N: usize>(parts: [(u32, u32); N]) -> Vec<(Range<u32>, GapReason)> {
        let mut transcript = Transcript::default();
        let known = [
            (2_000..3_000, GapReason::Paused),
            (5_000..6_000, GapReason::NoAudio),
        ];
        for (part, reason) in known {
            transcript.apply(&Change::Gap(Gap {
                from_ms: part.start,
                to_ms: part.end,
                reason,
            }));
        }
        for (from_ms, to_ms) in parts {
            for change in changes(&transcript, from_ms..to_ms) {
                transcript.apply(&change);
            }
        }
        let gaps = transcript.entries().iter().filter_map(gap);
        gaps.map(|gap| (gap.from_ms..gap.to_ms, gap.reason))
            .collect()
    }

    const PAUSED: (Range<u32>, GapReason) = (2_000..3_000, GapReason::Paused);
    const NO_AUDIO: (Range<u32>, GapReason) = (5_000..6_000, GapReason::NoAudio);

    fn lost(part: Range<u32>) -> (Range<u32>, GapReason) {
        (part, GapReason::Disconnected)
    }

    #[test]
    fn a_lost_part_leaves_other_gaps_out() {
        let around = [
            lost(1_000..2_000),
            PAUSED,
            lost(3_000..5_000),
            NO_AUDIO,
            lost(6_000..7_000),
        ];
        assert_eq!(marked([(1_000, 7_000)]), around);
        assert_eq!(marked([(2_000, 3_000)]), [PAUSED, NO_AUDIO]);
        let between = [PAUSED, lost(3_000..4_000), NO_AUDIO];
        assert_eq!(marked([(2_500, 4_000)]), between);
    }

    #[test]
    fn adjacent_lost_parts_are_one_gap() {
        let grown = [lost(0..1_500), PAUSED, NO_AUDIO];
        assert_eq!(marked([(0, 500), (500, 1_000), (900, 1_500)]), grown);
        assert_eq!(marked([(1_000, 1_500), (0, 500), (400, 1_000)]), grown);
        // A part before the last one that was reported is marked too.
        let apart = [lost(0..500), lost(1_000..1_500), PAUSED, NO_AUDIO];
        assert_eq!(marked([(1_000, 1_500), (0, 500)]), apart);
    }
}
